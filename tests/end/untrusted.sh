# Without a key that counts no bundle is applied, and the database is not even opened.
. "$ROOT/tests/end/lib"

make_key team
make_key other
make_project first
build demo

refused()
{
    for command in verify plan 'upgrade --dry-run' upgrade; do
        db='--db shop.db'
        [ "$command" != verify ] || db=
        expect 3 sqlland $command demo.ferry $db "$@"
        has err "$message"
        is "$(cat out)" ''
        missing shop.db shop.db-journal
    done
}

message='0 of 1 needed trusted keys have signed the bundle' refused --key other.pub
has err 'is not among the trusted keys'
[ -e /etc/sqlland/trust ] || message="cannot open trust file '/etc/sqlland/trust'" refused
message="cannot open 'none.pub'" refused --key none.pub
message='cannot open trust file' refused --trust none
message="'demo.ferry' has no minisign public key" refused --key demo.ferry

# An unsigned bundle says so to whoever reads it.
expect 0 sqlferry build --release 1 -o unsigned.ferry
has out '0 signatures'
has err 'The bundle is not signed'
expect 3 sqlland upgrade unsigned.ferry --key team.pub --db shop.db
has err 'the bundle is not signed' 'sqlferry sign'
missing shop.db

# Trust files.
public=$(tail -1 team.pub) strange=$(tail -1 other.pub)
trust()
{
    printf 'sqlferry trust 1\n' > trust
    printf '%s\n' "$@" >> trust
}

trust 'threshold 1' "key $public team"
expect 0 sqlland verify demo.ferry --trust trust
has out 'team (valid)'
expect 0 env SQLLAND_TRUST=trust sqlland verify demo.ferry
trust 'threshold 1' "key $strange other"
message='0 of 1 needed' refused --trust trust
trust 'threshold 2' "key $public team" "key $strange other"
message='1 of 2 needed trusted keys have signed the bundle' refused --trust trust
trust 'threshold 1' "key $public team  project=another"
message='0 of 1 needed trusted keys have signed for project' refused --trust trust
has err 'may not sign for this project'
trust 'threshold 1' "key $strange other" "key $public team" "revoked $public"
message='0 of 1 needed' refused --trust trust
has err 'is revoked'
trust 'threshold 1' "key $public team" "key $public again"
message='trust:4:5: error: the key is listed twice' refused --trust trust
trust 'threshold 1' "key $public team"
chmod 666 trust
message="can be written by others (mode 0666)" refused --trust trust
chmod 644 trust
ln -s trust link
message='is a symbolic link' refused --trust link

expect 2 sqlland verify demo.ferry --trust trust --key team.pub
has err 'give either --key or --trust'
