# Results that cannot be written are an error, in every command of both programs.
. "$ROOT/tests/end/lib"

make_shop shop
make_key other
make_project first
expect 0 upgrade shop.ferry

full()
{
    status=0
    "$@" > /dev/full 2> err || status=$?
    : > out
    [ $status -eq 5 ] || fail "status $status, not 5: $*"
    has err 'error: cannot write the results: No space left on device'
}

full sqlferry --help
full sqlferry new Second
full sqlferry check
full sqlferry check --json
full sqlferry heads
full sqlferry show first
full sqlferry history "$ROOT/examples/shop/ferry.yaml"
full sqlferry build --release 1 -o one.ferry
full sqlferry keygen another --no-password
full sqlferry init folder
full sqlferry sign shop.ferry --key other.key -o signed.ferry
full sqlferry inspect shop.ferry
full sqlferry inspect shop.ferry --key team.pub --sql
full sqlferry verify shop.ferry --key team.pub
full sqlland --version
full sqlland verify shop.ferry --key team.pub --json
full sqlland plan shop.ferry --key team.pub --db shop.db
full sqlland current --db shop.db
full sqlland history --db shop.db
full sqlland history --db shop.db --json
full upgrade shop.ferry

# The upgrade itself was done.
full sqlland upgrade shop.ferry --key team.pub --db new.db
expect 0 sqlland current --db new.db
has out 2ca86f545cee

# A reader that goes away is no crash.
sqlferry inspect shop.ferry --key team.pub --sql | head -1 > out
has out '-- revision baseline'

# A bundle that has no room.
[ ! -e /dev/full ] || expect 5 sqlferry build --release 1 -o /dev/full
[ -c /dev/full ] || fail '/dev/full was replaced'

# A database that finds no more room: the revision is rolled back, and with room the next run goes on.
(
    trap '' XFSZ # so that a write fails, as it does on a full disk
    ulimit -f 100
    expect 5 sqlland upgrade shop.ferry --key team.pub --db small.db
    has err 'error: disk I/O error' 'was rolled back' 'of 16 revisions'
)
is "$(sqlite3 small.db 'PRAGMA integrity_check')" ok
rows=$(sqlite3 small.db 'SELECT count(*) FROM sqlferry_ledger')
[ "$rows" -gt 0 ] && [ "$rows" -lt 16 ] || fail "$rows rows"
expect 0 sqlland upgrade shop.ferry --key team.pub --db small.db
has out "$((16 - rows)) revisions applied, now at 2ca86f545cee"
