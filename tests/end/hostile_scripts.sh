# What would not mean the same everywhere, or reaches out of the script, is refused when the bundle is
# built: status 1, the place, and no bundle. (tests/unit has every rule; here the road is tried.)
. "$ROOT/tests/end/lib"

mkdir inside
cd inside
make_key team
mkdir sql

# project DIALECT: one revision with the script sql/it.sql
project()
{
    printf 'ferry: 1\nproject: demo\ndialect: %s\nrevisions:\n  - id: it\n    parents: []\n    up: %s\n    down: none\n%s' \
        "$1" "${path:-sql/it.sql}" "${more:-}" > ferry.yaml
}

# refused DIALECT PLACE MESSAGE: with the script on stdin
refused()
{
    cat > sql/it.sql
    project "$1"
    for command in check 'build --release 1 --key team.key -o it.ferry'; do
        expect 1 sqlferry $command
        has err "sql/it.sql:$2: error: $3"
        is "$(cat out)" ''
        missing it.ferry
    done
}

# accepted DIALECT
accepted()
{
    cat > sql/it.sql
    project "$1"
    expect 0 sqlferry build --release 1 --key team.key -o it.ferry
    rm it.ferry
}

accepted postgresql <<'SQL'
SELECT ':HOME', '\! no', $$ COMMIT; \i $$, E'\\'; -- \! :HOME COMMIT;
SELECT 1::int, (ARRAY[1, 2])[1:2] /* \i */;
SQL
refused postgresql 2:1 "psql command '\\!' in a script" <<'SQL'
SELECT 1;
\! touch owned
SQL
refused postgresql 1:1 "psql command '\\i' in a script" <<'SQL'
\i other.sql
SQL
refused postgresql 1:10 "psql command '\\gexec' in a script" <<'SQL'
SELECT 1 \gexec
SQL
refused postgresql 1:8 "psql variable ':HOME' in a script" <<'SQL'
SELECT :HOME;
SQL
refused postgresql 2:9 "psql variable ':'HOME'' in a script" <<'SQL'
SELECT
        :'HOME';
SQL
refused sqlite 2:1 "shell command '.shell' in a script" <<'SQL'
CREATE TABLE it (x);
.shell touch owned
SQL
refused sqlite 1:1 "'ATTACH' reaches beyond the target" <<'SQL'
ATTACH 'other.db' AS other;
SQL
for dialect in postgresql sqlite; do
    refused $dialect 2:1 "transaction control 'COMMIT' in a script" <<'SQL'
CREATE TABLE it (x INTEGER);
COMMIT;
CREATE TABLE that (x INTEGER);
SQL
    printf 'SELECT 1;\nSELECT \0;\n' | refused $dialect 2:8 'NUL byte in a script'
    printf 'SELECT 1;\n\357\273\277SELECT 2;\n' | refused $dialect 2:1 'byte-order mark inside the script'
    printf 'SELECT \377;\n' | refused $dialect 1:8 'byte 0xff is not UTF-8'
    printf "SELECT 1;\nSELECT 'it;\n" | refused $dialect 2:8 'unterminated string'
    printf 'SELECT "it;\n' | refused $dialect 1:8 'unterminated quoted name'
    printf 'SELECT 1;\nSELECT 2\n' | refused $dialect 2:9 "the last statement does not end in ';'"
    has err "allow 'missing-semicolon'"
    more='    allow: [missing-semicolon]
'
    printf 'SELECT 1;\nSELECT 2\n' | accepted $dialect
    printf 'SELECT 1;\nSELECT 2 -- and this\n' | accepted $dialect
    more=
    printf '\357\273\277SELECT 1;\n' | accepted $dialect
    : | accepted $dialect
    printf 'BEGIN;\nCREATE TABLE it (x INTEGER);\nCOMMIT;\n' | accepted $dialect
done
printf 'SELECT 1;\n/* it;\n' | refused sqlite 2:1 'unterminated comment'
printf 'SELECT 1;\n/* /* it */;\n' | refused postgresql 2:1 'unterminated comment'
printf 'SELECT $it$ it $that$;\n' | refused postgresql 1:8 "unterminated dollar quote '\$it\$'"
refused postgresql 2:14 'COPY from the client, whom a script does not have' <<'SQL'
CREATE TABLE it (x integer);
COPY it FROM STDIN;
1
\.
SQL
refused postgresql 1:18 'COPY to the client, whom a script does not have' <<'SQL'
COPY pg_class TO STDOUT;
SQL
refused postgresql 1:5 "setting 'standard_conforming_strings' changes how the rest of the script is read" <<'SQL'
SET standard_conforming_strings=off;
SQL
refused postgresql 1:14 "'CREATE INDEX CONCURRENTLY' cannot run in a transaction" <<'SQL'
CREATE INDEX CONCURRENTLY it ON that (x);
SQL
has err "Say 'transaction: none' for this revision."
for dialect in postgresql sqlite; do
    echo 'VACUUM;' | refused $dialect 1:1 "'VACUUM' cannot run in a transaction"
done
more='    transaction: none
'
echo 'CREATE INDEX CONCURRENTLY it ON that (x);' | accepted postgresql
for dialect in postgresql sqlite; do
    echo 'VACUUM;' | accepted $dialect
done
more=

# Several in one run, in the order of the file; each has its line and its caret.
cat > sql/it.sql <<'SQL'
SELECT :A;
SELECT 1;
  SELECT :BC;
\q
SQL
project postgresql
expect 1 sqlferry check
cat > wanted <<'TEXT'
sql/it.sql:1:8: error: psql variable ':A' in a script
    1 | SELECT :A;
      |        ^~
hint: Write the value itself.
sql/it.sql:3:10: error: psql variable ':BC' in a script
    3 |   SELECT :BC;
      |          ^~~
hint: Write the value itself.
sql/it.sql:4:1: error: psql command '\q' in a script
    4 | \q
      | ^~
hint: Only psql knows it; delete it, or write it in SQL.
TEXT
diff -u wanted err

# What the build finds by running the chain.
printf 'CREATE TABLE it (x);\nINSERT INTO that VALUES (1);\n' > sql/it.sql
project sqlite
expect 1 sqlferry check
has err 'sql/it.sql:2:13: error: no such table: that (SQLite code 1)'
echo "SELECT load_extension('owned');" > sql/it.sql
expect 1 sqlferry check
has err 'sql/it.sql:1:' 'load_extension'
echo "PRAGMA writable_schema=on;" > sql/it.sql
expect 1 sqlferry check
has err "sql/it.sql:1:8: error: PRAGMA 'writable_schema' is not allowed in a script"
echo "DELETE FROM sqlferry_ledger;" > sql/it.sql
expect 1 sqlferry check
has err 'sql/it.sql:1:'

# Paths.
mkdir -p folder
echo 'CREATE TABLE it (x);' > ../outside.sql
echo 'CREATE TABLE it (x);' > sql/it.sql

# bad PATH PLACE MESSAGE
bad()
{
    path=$1 project sqlite
    path=
    for command in check 'build --release 1 --key team.key -o it.ferry'; do
        expect 1 sqlferry $command
        has err "ferry.yaml:7:9: error: $2"
        missing it.ferry
    done
}
ln -s ../../outside.sql sql/out.sql
ln -s /etc/hostname sql/absolute.sql
ln -s loop.sql sql/loop.sql
ln -s it.sql sql/inside.sql
ln -s .. folder/up
mkfifo sql/pipe.sql
bad sql/out.sql "path 'sql/out.sql' leaves the folder of the manifest through a symbolic link"
bad sql/absolute.sql "path 'sql/absolute.sql' leaves the folder of the manifest through a symbolic link"
bad sql/loop.sql "path 'sql/loop.sql'"
bad ../outside.sql "path '../outside.sql' leaves the folder of the manifest"
bad sql/../../outside.sql "path 'sql/../../outside.sql' leaves the folder of the manifest"
bad "$PWD/sql/it.sql" "path '$PWD/sql/it.sql' is absolute"
bad sql/none.sql "cannot open 'sql/none.sql': No such file or directory"
bad sql/it.sql/none.sql "cannot open 'sql/it.sql/none.sql': Not a directory"
bad sql "cannot read 'sql': not a regular file"
bad sql/pipe.sql "cannot read 'sql/pipe.sql': not a regular file"
for path in sql/inside.sql ./sql/it.sql folder/../sql/it.sql folder/up/sql/it.sql; do
    project sqlite
    expect 0 sqlferry check
done
path= project sqlite
chmod 000 sql/it.sql
[ "$(id -u)" -ne 0 ] || chown 65534:65534 sql/it.sql
expect 1 as_nobody sqlferry check
has err "ferry.yaml:7:9: error: cannot open 'sql/it.sql': Permission denied"

missing owned ../owned
