# A script that the database refuses: the message is at its place, what ran before stays, and a
# mended bundle completes.
. "$ROOT/tests/end/lib"

mkdir sql
cat > sql/second.sql <<'SQL'
CREATE TABLE second (id INTEGER PRIMARY KEY);
INSERT INTO second VALUES (1), (2);
INSERT INTO first
    VALUES (7), (8);
INSERT INTO second VALUES (3), (7);
SQL
make_project first second third
build one --sequence 1

# It works on an empty database. On this one it does not.
expect 0 upgrade one.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (8)'
expect 4 upgrade one.ferry
has err 'applying 1 of 2  second'
has err 'sql/second.sql:3:1: error: UNIQUE constraint failed: first.id (SQLite code 1555)' \
    '    3 | INSERT INTO first' "note: revision 'second' was rolled back" \
    "note: 'shop.db' has 1 of 3 revisions, 0 of them from this run"
is "$(cat out)" ''
is "$(sqlite3 shop.db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('second', 'third')")" ''
is "$(sqlite3 shop.db 'SELECT group_concat(id) FROM first')" 8
expect 0 sqlland current --db shop.db
has out 'first  demo 1' '1 revision'
expect 4 upgrade one.ferry
is "$(sqlite3 shop.db 'SELECT count(*) FROM sqlferry_ledger')" 1

# Mended in the bundle.
sed -i 's/VALUES (7), (8)/VALUES (7), (9)/' sql/second.sql
build two --sequence 2
expect 0 upgrade two.ferry
has out 'shop.db: 2 revisions applied, now at third'
is "$(sqlite3 shop.db 'SELECT group_concat(id) FROM first')" '7,8,9'
expect 0 sqlland history --db shop.db
is "$(wc -l < out)" 3

# A syntax error; the build finds it, but may be told not to look.
rm shop.db
printf 'SELECT 1;\nCREATE TABLE second (\n    id INTEGER,\n    oops oops oops,,\n);\n' > sql/second.sql
expect 1 sqlferry check
has err 'sql/second.sql:4:20: error: near ",": syntax error' 'in an empty SQLite'
expect 1 sqlferry build --release 1 -o never.ferry
missing never.ferry
build syntax --no-rehearsal
expect 4 upgrade syntax.ferry
has err 'sql/second.sql:4:20: error: near ",": syntax error' '    4 |     oops oops oops,,' \
    "revision 'second' was rolled back" "has 1 of 3 revisions, 1 of them from this run"

# A verify script that finds something.
rm shop.db
printf 'CREATE TABLE second (id INTEGER);\nINSERT INTO second SELECT id FROM first;\n' > sql/second.sql
sed -i 's/up: sql\/second.sql/&\n    verify: sql\/verify.sql/' ferry.yaml
printf 'SELECT 1;\nSELECT count(*) < 2\n  FROM second;\n' > sql/verify.sql
build verified
expect 0 upgrade verified.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (1), (2)'
expect 4 upgrade verified.ferry
has err 'sql/verify.sql:2:1: error: the verify script found a row whose first column is 0' \
    "revision 'second' was rolled back" "has 1 of 3 revisions, 0 of them from this run"
is "$(sqlite3 shop.db "SELECT count(*) FROM sqlite_schema WHERE name = 'second'")" 0
sqlite3 shop.db 'DELETE FROM first WHERE id = 2'
expect 0 upgrade verified.ferry
has out 'now at third'

# A foreign key that a rebuild breaks is found before the commit.
rm -r shop.db sql
mkdir sql
echo 'CREATE TABLE first (id INTEGER PRIMARY KEY, other INTEGER REFERENCES first (id));' > sql/first.sql
cat > sql/second.sql <<'SQL'
PRAGMA foreign_keys=off;
BEGIN;
UPDATE first SET other = other + 1;
COMMIT;
PRAGMA foreign_keys=on;
SQL
make_project first second
build keys
expect 0 upgrade keys.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (1, 1)'
expect 4 upgrade keys.ferry
has err "row 1 of table 'first' refers to a row that table 'first' does not have" \
    "revision 'second' was rolled back"
is "$(sqlite3 shop.db 'SELECT other FROM first')" 1
sqlite3 shop.db 'DELETE FROM first'
expect 0 upgrade keys.ferry

# A rebuild in the down script does not keep the up script from cascading.
rm -r shop.db sql
mkdir sql
echo 'CREATE TABLE first (id INTEGER PRIMARY KEY, other INTEGER REFERENCES first (id) ON DELETE CASCADE);' \
    > sql/first.sql
echo 'DELETE FROM first WHERE id = 1;' > sql/second.sql
printf 'PRAGMA foreign_keys=off;\nDROP TABLE first;\nPRAGMA foreign_keys=on;\n' > sql/down.sql
make_project first second
sed -i '$s/none/sql\/down.sql/' ferry.yaml
build cascade
expect 0 upgrade cascade.ferry --to first
sqlite3 shop.db 'INSERT INTO first VALUES (1, NULL), (2, 1)'
expect 0 upgrade cascade.ferry
is "$(sqlite3 shop.db 'SELECT count(*) FROM first')" 0
