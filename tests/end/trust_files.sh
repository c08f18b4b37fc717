# Trust that cannot be had, for whatever reason: every command that takes a bundle ends with status 3
# and says what to do, before it opens the bundle, makes or opens a database, starts psql or connects
# to a server. strace tells; the same watch sees all of it where the trust file is a good one.
if [ "${1:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || as_user='--map-current-user --keep-caps'
    exec unshare --mount ${as_user:-} sh -eu "$0" inside
fi
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
export ASAN_OPTIONS=detect_leaks=0 # which cannot be told under strace

make_key team
make_key other
make_project first second
build one
"$(dirname "$(command -v sqlland)")/tests/end/forge" team.key two.ferry postgresql sql/first.sql
printf 'sqlferry trust 1\nversion 1\nthreshold 1\nkey %s team\n' "$(tail -1 team.pub)" > good
start_server -c log_connections=on
make_database shop
folder=$(echo "$PGHOST" | sed 's|/|%2F|g')
as_nobody true
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
[ "$(id -u)" -eq 0 ] || nobody=env
PATH=$PWD/bin:$PATH

# watch COMMAND...: its programs, connections and files stand in the file trace.
: > trace
chmod 666 trace
user=
watch()
{
    $user strace -f -qq -o trace -e trace=network,process,file "$@"
}

# saw: which of them it came to.
saw()
{
    sed -n -e '/execve(/{ s/.*execve("[^"]*\/psql".*/psql/p; d; }' \
        -e 's/.*\(socket\|connect\)(.*/connection/p' -e 's/.*"[^"]*shop\.db[^"]*".*/database/p' \
        -e 's/.*"[^"]*\.ferry".*/bundle/p' trace |
        sort -u | tr '\n' ' '
}

connections()
{
    grep -c 'connection authorized: .* application_name=sqlland' server.log || true
}

for command in plan upgrade; do
    expect 0 watch sqlland $command two.ferry --trust good --db "postgresql://$folder/shop"
    is "$(saw)" 'bundle connection psql '
done
expect 0 watch sqlland upgrade one.ferry --trust good --db shop.db
is "$(saw | sed 's/connection //')" 'bundle database ' # getpwuid(3) may ask nscd(8)
expect 0 watch sqlferry verify one.ferry --trust good
is "$(saw)" 'bundle '
is "$(connections)" 2
rm shop.db

# refuses STATUS MESSAGE COMMAND...
refuses()
{
    wanted=$1 message=$2
    shift 2
    expect "$wanted" watch "$@"
    has err "$message" "${cure:-hint: }"
    is "$(cat out)" ''
    is "$* came to: $(saw)" "$* came to: "
}

# refused MESSAGE OPTION...: by each command, on both databases. What must be said as well is in cure,
# and how it runs as another user is in user.
refused()
{
    refusal=$1
    shift
    for command in plan upgrade 'upgrade --dry-run' 'downgrade --to first' check 'resume --from 1' \
        'stamp --to first'; do
        for target in shop.db "postgresql://$folder/shop"; do
            refuses 3 "$refusal" sqlland $command one.ferry "$@" --db "$target"
        done
    done
    refuses 3 "$refusal" sqlland verify one.ferry "$@"
    refuses 3 "$refusal" sqlferry verify one.ferry "$@"
    missing shop.db
}
cure=

# Files

refused "cannot open trust file 'none': No such file" --trust none
refused "cannot open trust file 'none/trust': No such file" --trust none/trust
: > empty
cure="must be 'sqlferry trust 1'" refused "empty:1:1: error: the first line of a trust file" --trust empty
refused 'This is the file of one public key: give it with --key.' --trust team.pub
mkdir folder
refused "trust file 'folder' is not a regular file" --trust folder
ln -s nowhere dangling
refused "trust file 'dangling' is a symbolic link" --trust dangling
ln -s good link
refused "trust file 'link' is a symbolic link" --trust link
mkfifo pipe
refused "trust file 'pipe' is not a regular file" --trust pipe
ln server/.s.PGSQL.5432 socket
refused "cannot open trust file 'socket': No such device or address" --trust socket
refused "trust file '/dev/null' is not a regular file" --trust /dev/null
refused "trust file '/dev/zero' is not a regular file" --trust /dev/zero
head -c 65537 /dev/zero > large
cure='at most 65536' refused "'large' is too large" --trust large

# Rights

cp good theirs
for mode in 0664 0646; do
    chmod $mode theirs
    refused "trust file 'theirs' can be written by others (mode $mode)" --trust theirs
    has err "hint: Check it, then run: chmod go-w 'theirs'"
done
chmod 000 theirs
mkdir -p shut/folder
cp good shut/folder/trust
chmod 700 shut
if [ "$(id -u)" -eq 0 ]; then
    user=$nobody
    refused "cannot open trust file 'theirs': Permission denied" --trust theirs
    refused "cannot open trust file 'shut/folder/trust': Permission denied" --trust shut/folder/trust
    user=
    chmod 644 theirs
    chown 4711 theirs
    refused "trust file 'theirs' belongs to user 4711, neither to root nor to you" --trust theirs
    has err "chown root 'theirs'"
    chown 4711 shut
    refused "trust folder '$PWD/shut' belongs to user 4711" --trust shut/folder/trust
    chown 0 shut
fi
for where in shut shut/folder; do
    for mode in 0775 0757; do
        chmod $mode $where
        refused "trust folder '$PWD/$where' can be written by others (mode $mode)" --trust shut/folder/trust
        has err "hint: Check it, then run: chmod go-w '$PWD/$where'"
        (cd shut/folder && refused "trust folder '$OLDPWD/$where' can be written" --trust trust)
    done
    chmod 755 $where
done
expect 0 $nobody sqlland verify one.ferry --trust shut/folder/trust

# Where it is looked for

SQLLAND_TRUST=folder
export SQLLAND_TRUST
refused "trust file 'folder' is not a regular file"
unset SQLLAND_TRUST
mkdir -p etc/sqlland
cp /etc/passwd /etc/group etc
mount --bind etc /etc
host=/etc/sqlland/trust
refused "cannot open trust file '$host': No such file"
has err 'name them with --trust or --key'
SQLLAND_TRUST= refused "cannot open trust file '$host': No such file"
ln -s nowhere $host
refused "trust file '$host' is a symbolic link"
rm $host
mkdir $host
refused "trust file '$host' is not a regular file"
rmdir $host
cp good $host
expect 0 sqlland verify one.ferry
chmod 777 /etc/sqlland
refused "trust folder '/etc/sqlland' can be written by others (mode 0777)"
chmod 755 /etc/sqlland
chmod 775 /etc
refused "trust folder '/etc' can be written by others (mode 0775)"
chmod 755 /etc
if [ "$(id -u)" -eq 0 ]; then
    chmod 600 $host
    user=$nobody refused "cannot open trust file '$host': Permission denied"
fi

# One key

refused "cannot open 'none.pub': No such file" --key none.pub
for file in folder pipe /dev/null /dev/zero; do
    refused "cannot read '$file': not a regular file" --key $file
done
refused "cannot open 'dangling': No such file" --key dangling
refused "cannot open 'socket': No such device or address" --key socket
refused "'empty' has no minisign public key" --key empty
refused "'good' has no minisign public key" --key good
refused "'team.key' is a secret key" --key team.key
refused "'large' is too large" --key large
if [ "$(id -u)" -eq 0 ]; then
    cp team.pub shut/team.pub
    chmod 000 shut/team.pub
    user=$nobody refused "cannot open 'shut/team.pub': Permission denied" --key shut/team.pub
fi

is "$(connections)" 2
