# A script without a transaction that was killed in its middle: what became of it, a person says with
# sqlland resume, and the next run goes on from there.
. "$ROOT/tests/end/lib"

resume()
{
    sqlland resume --key team.pub --db shop.db "$@"
}

# log: what the statements of the script left.
log()
{
    sqlite3 shop.db "SELECT group_concat(word, ' ') FROM (SELECT word FROM log ORDER BY rowid)"
}

# events [FIELD]: those of the revision, in order.
events()
{
    sqlite3 shop.db "SELECT group_concat(${1:-event}, ' ') FROM
        (SELECT * FROM sqlferry_ledger WHERE revision = 'second' ORDER BY number)"
}

# cut COMMAND OPTION...: killed in its third statement of four. That takes as long as the table speed
# says.
cut()
{
    rm -f shop.db-journal
    sqlite3 shop.db 'UPDATE speed SET n = 1000000000'
    event=$1 begun=$2
    shift 2
    sqlland "$@" --key team.pub --db shop.db > out 2> err &
    run=$!
    until [ "$(sqlite3 shop.db "SELECT count(*) FROM sqlferry_ledger WHERE event = '$event'
        AND number > (SELECT max(number) FROM sqlferry_ledger WHERE event = '$begun')" 2> err.sqlite3)" = 2 ]; do
        kill -0 $run 2> err.kill || fail 'it ended by itself'
        sleep 0.02
    done
    sleep 0.4 # until the third has begun, on a busy machine, too
    kill -KILL $run
    wait $run 2> err.kill || true
    sqlite3 shop.db 'UPDATE speed SET n = 1'
}

mkdir sql
echo "CREATE TABLE log (word TEXT); CREATE TABLE speed (n INTEGER); INSERT INTO speed VALUES (1);" > sql/first.sql
cat > sql/second.sql <<'SQL'
INSERT INTO log VALUES ('one');
VACUUM;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT n FROM speed))
    INSERT INTO log SELECT 'three' FROM (SELECT count(*) FROM n);
INSERT INTO log VALUES ('four');
SQL
cat > sql/second.down.sql <<'SQL'
INSERT INTO log VALUES ('-one');
VACUUM;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT n FROM speed))
    INSERT INTO log SELECT '-three' FROM (SELECT count(*) FROM n);
INSERT INTO log VALUES ('-four');
SQL
make_project first second third
sed -i '/up: sql.second.sql/{n;s/.*/    down: sql\/second.down.sql\n    transaction: none/}' ferry.yaml
sed -i '/up: sql.third.sql/{n;s/.*/    down: sql\/third.down.sql/}' ferry.yaml
echo 'DROP TABLE third;' > sql/third.down.sql
build one --sequence 1
sed 's/transaction: none/&\n    idempotent: true/' ferry.yaml > again.yaml
build again --sequence 1 again.yaml

# Nothing to say.
expect 5 resume one.ferry --done
has err "there is no database 'shop.db'"
missing shop.db
expect 0 upgrade one.ferry --to first
cp shop.db first.db
for how in --done --undone '--from 1'; do
    expect 6 resume one.ferry $how
    has err 'no revision is half done' "'sqlland check' shows what is"
    expect 6 resume one.ferry second $how
    has err "revision 'second' is not half done"
    expect 2 resume one.ferry nowhere $how
    has err "the bundle has no revision 'nowhere'"
done
same first.db shop.db

# Killed: nothing goes on, and everything says how far it came.
cut progressed started upgrade one.ferry
is "$(log)" one
is "$(events)" 'started progressed progressed'
cp shop.db cut.db
for command in upgrade plan 'upgrade --dry-run' 'upgrade --to second'; do
    expect 8 sqlland $command one.ferry --key team.pub --db shop.db
    has err "error: revision 'second' runs without a transaction and was interrupted: a person must look" \
        "of the 4 statements of 'sql/second.sql', 2 are done; whether the next one is, nobody knows" \
        "Compare the database with statement 3" "'--from 3' where it is not done, '--from 4' where it is"
done
expect 8 sqlland downgrade one.ferry --key team.pub --db shop.db --to base
has err "revision 'second' is half applied: a person must look"
expect 8 sqlland check one.ferry --key team.pub --db shop.db
has out 'fault    interrupted ' 'begun     1'
expect 0 sqlland current --db shop.db
has out 'second  is half applied, without a transaction'
expect 8 sqlland stamp one.ferry --key team.pub --db shop.db --to third
has err "Say what is there with 'sqlland resume'"
same cut.db shop.db

# What cannot be said.
for wrong in '' '--done --undone' '--from 3 --done'; do
    expect 2 resume one.ferry $wrong
    has err 'say one of --from, --done and --undone'
done
for wrong in 0 6 1000; do
    expect 2 resume one.ferry --from $wrong
    has err "the script has 4 statements, not $wrong" "'--from 5' says that all of them are done"
done
expect 2 resume one.ferry --from two
expect 2 resume one.ferry --done --reason "$(printf 'two\nlines')"
has err "'--reason' takes one line"
expect 6 resume one.ferry first --done
has err "revision 'first' is not half done"
expect 7 flock shop.db sqlland resume one.ferry --key team.pub --db shop.db --done --lock-timeout 100ms
sed 's/four/five/' sql/second.sql > five.sql
cp sql/second.sql four.sql
cp five.sql sql/second.sql
build five --sequence 1
cp four.sql sql/second.sql
expect 6 resume five.ferry --done
has err "revision 'second' was begun with another script than 'sql/second.sql'"
same cut.db shop.db

# resumed LOG DONE OPTION...: said so, the next run leaves the log, and all is well then.
resumed()
{
    wanted_log=$1 done=$2
    shift 2
    cp cut.db shop.db
    expect 0 resume one.ferry "$@" --reason 'looked at the table log'
    has out "second: $done of 4 statements of its up script are done" 'next   sqlland upgrade' 'ledger '
    expect 0 sqlland history --db shop.db
    has out 'resumed          second' 'looked at the table log'
    is "$(log)" one
    expect 0 upgrade one.ferry
    has out 'now at third'
    is "$(log)" "$wanted_log"
    expect 0 sqlland check one.ferry --key team.pub --db shop.db --complete
    expect 6 resume one.ferry --done
}
resumed 'one three four' 2 --from 3
is "$(events)" 'started progressed progressed resumed started progressed progressed finished'
resumed 'one four' 3 --from 4
resumed one 4 --from 5
resumed one 4 --done
is "$(events)" 'started progressed progressed resumed finished'
resumed 'one one three four' 0 --undone
is "$(events)" 'started progressed progressed resumed started progressed progressed progressed progressed finished'
is "$(events pieces)" '0 1 2 0 0 1 2 3 4 4'
resumed 'one one three four' 0 second --from 1

cp cut.db shop.db
expect 0 resume one.ferry --from 3 --json
is "$(sqlite3 :memory: "SELECT readfile('out') ->> 'revision', readfile('out') ->> 'script',
    readfile('out') ->> 'done_count', readfile('out') ->> 'statement_count'")" 'second|up|2|4'

# Said twice: the last word counts. Killed again behind that: it is asked anew.
expect 0 resume one.ferry --from 1
expect 0 sqlland current --db shop.db
lacks out half
expect 6 resume one.ferry --from 4
cut progressed started upgrade one.ferry
expect 8 upgrade one.ferry
expect 0 resume one.ferry --from 2
expect 0 resume one.ferry --from 4
expect 0 upgrade one.ferry
is "$(log)" 'one one four'

# Its verify script has a say.
cp cut.db shop.db
sed 's/transaction: none/&\n    verify: sql\/second.verify.sql/' ferry.yaml > verify.yaml
echo "SELECT count(*) = 1 FROM log WHERE word = 'four';" > sql/second.verify.sql
build verify --sequence 1 verify.yaml --no-rehearsal
expect 0 resume verify.ferry --done
expect 8 upgrade verify.ferry
has err 'sql/second.verify.sql:1:1: error: '
expect 0 resume verify.ferry --from 4
expect 0 upgrade verify.ferry
is "$(log)" 'one four'

# One that may run twice needs nobody.
cp cut.db shop.db
expect 0 upgrade again.ferry
is "$(log)" 'one one three four'
is "$(events)" 'started progressed progressed started progressed progressed progressed progressed finished'

# The way back. The revision is applied while none of its down script is done.
cp shop.db whole.db
cut undo-progressed undo-started downgrade one.ferry --to first
cp cut.db cut.up.db
cp shop.db cut.db
is "$(log)" 'one one three four -one'
expect 0 sqlland current --db shop.db
has out 'second  is half undone, without a transaction'
expect 8 upgrade one.ferry
has err "revision 'second' is half undone: a person must look" "Finish that with 'sqlland downgrade'"
expect 8 sqlland downgrade one.ferry --key team.pub --db shop.db --to first --dry-run
expect 8 sqlland downgrade one.ferry --key team.pub --db shop.db --to first
has err "of the 4 statements of 'sql/second.down.sql', 2 are done" "'--from 3' where it is not done"
same cut.db shop.db
back()
{
    wanted_log="one one three four -one$1"
    shift
    cp cut.db shop.db
    expect 0 resume one.ferry "$@"
    has out 'statements of its down script are done' 'next   sqlland downgrade'
    expect 0 sqlland downgrade one.ferry --key team.pub --db shop.db --to first
    is "$(log)" "$wanted_log"
    expect 0 sqlland current --db shop.db
    has out 'first  demo 1' '1 revision,'
    expect 0 upgrade one.ferry
}
back ' -three -four' --from 3
back ' -four' --from 4
back '' --done
back ' -one -three -four' --undone
cp cut.db shop.db
expect 0 resume one.ferry --undone
expect 0 upgrade one.ferry
has out '1 revision applied, now at third'
is "$(log)" 'one one three four -one'
cp cut.db shop.db
expect 0 sqlland downgrade again.ferry --key team.pub --db shop.db --to first
is "$(log)" 'one one three four -one -one -three -four'

# Several that were begun: one has to be named.
sed 's/id: third/&\n    transaction: none/; s/parents: .second./parents: [first]/; s/^project.*/&\nheads: [second, third]/' \
    ferry.yaml > two.yaml
printf 'CREATE TABLE third (id INTEGER PRIMARY KEY);\nVACUUM;\nSELECT * FROM nowhere;\n' > sql/third.sql
build two --sequence 1 two.yaml --no-rehearsal
cp first.db shop.db
expect 8 upgrade two.ferry --to third
cut progressed started upgrade two.ferry --to second
expect 2 resume two.ferry --done
has err '2 revisions are half done: name one'
expect 8 sqlland check two.ferry --key team.pub --db shop.db
has out 'begun     2'
expect 0 resume two.ferry third --done
expect 0 resume two.ferry second --from 4
expect 0 upgrade two.ferry
is "$(log)" 'one four'
