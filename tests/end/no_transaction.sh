# VACUUM cannot run in a transaction, so such a revision is recorded when it starts and when it ends.
. "$ROOT/tests/end/lib"

mkdir sql
printf 'UPDATE first SET id = id + 1;\nVACUUM;\n' > sql/second.sql
make_project first second third
sed -i 's/up: sql\/second.sql/&\n    transaction: none/' ferry.yaml
build one
expect 0 sqlland plan one.ferry --key team.pub --db shop.db
has out '    2  second  [no transaction]'
expect 0 upgrade one.ferry
expect 0 sqlland history --db shop.db
is "$(awk '{print $3, $4}' out | tr '\n' ' ')" 'applied first started second progressed second progressed second finished second applied third '
expect 0 upgrade one.ferry
has out 'nothing to do'

# The first statement is refused: nothing has been done, so it may be tried again.
rm shop.db
expect 0 upgrade one.ferry --to first
sqlite3 shop.db "INSERT INTO first VALUES (1);
    CREATE TRIGGER stop BEFORE UPDATE ON first BEGIN SELECT RAISE(ABORT, 'not today'); END"
expect 4 upgrade one.ferry
has err 'sql/second.sql:1:1: error: not today'
expect 0 sqlland history --db shop.db
is "$(awk '{print $3}' out | tr '\n' ' ')" 'applied started failed '
sqlite3 shop.db 'DROP TRIGGER stop'
expect 0 upgrade one.ferry
is "$(sqlite3 shop.db 'SELECT id FROM first')" 2

# A later statement is refused: those before it are done, and a person must look.
rm shop.db
printf "UPDATE first SET id = id + 1;\nVACUUM INTO 'copy.db';\n" > sql/second.sql
expect 1 sqlferry check
printf 'UPDATE first SET id = id + 1;\nVACUUM;\nINSERT INTO first VALUES (5);\n' > sql/second.sql
build two
expect 0 upgrade two.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (4)'
expect 8 upgrade two.ferry
has err 'sql/second.sql:3:1: error: UNIQUE constraint failed: first.id' \
    'statement 3 of 3 was refused outside a transaction; the 2 before it are done'
is "$(sqlite3 shop.db 'SELECT id FROM first')" 5
expect 0 sqlland current --db shop.db
has out 'second  is half applied, without a transaction'
expect 8 upgrade two.ferry
expect 0 sqlland plan two.ferry --key team.pub --db shop.db
has out 'second  [no transaction]'

# Once the reason is gone it goes on with that statement, and does not repeat the others.
sqlite3 shop.db 'DELETE FROM first'
expect 0 upgrade two.ferry
has out 'now at third'
is "$(sqlite3 shop.db 'SELECT id FROM first')" 5
expect 0 sqlland current --db shop.db
lacks out 'half applied'

# One that may run twice goes on by itself.
rm shop.db
sed -i 's/transaction: none/&\n    idempotent: true/' ferry.yaml
build three
expect 0 upgrade three.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (4)'
expect 8 upgrade three.ferry
sqlite3 shop.db 'DELETE FROM first'
expect 0 upgrade three.ferry
has out 'now at third'
is "$(sqlite3 shop.db 'SELECT id FROM first')" 5
