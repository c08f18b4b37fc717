# The example and 300 generated revisions go into a real server as stock psql puts them there, and
# nothing that a revision leaves in its session reaches the next one.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

# dump: all but the ledger. What newer versions of pg_dump say for psql differs in each run.
dump()
{
    pg_dump -N sqlferry "$@" | grep -v '^\\\(un\)\{0,1\}restrict '
}

upgrade_postgresql()
{
    sqlland upgrade --key team.pub --db postgresql:// "$@"
}

# equal NAME: a database by sqlland, another by stock psql, of the same bundle; with all their rows.
equal()
{
    make_database "$1"
    expect 0 upgrade_postgresql "$1.ferry"
    cp err log
    dump -s > ours.schema
    dump > ours
    make_database "$1 by psql"
    zstd -dc "$1.ferry" > upgrade.sql
    expect 0 psql -X -q -v ON_ERROR_STOP=1 -f upgrade.sql
    dump -s > theirs.schema
    same ours.schema theirs.schema
    dump > theirs
    same ours theirs
    is "$(query 'SELECT count(*) FROM pg_index WHERE NOT indisvalid')" 0
    export PGDATABASE="$1"
}

start_server -c autovacuum=off

# The example.
build shop "$ROOT/examples/shop/ferry.yaml" --dialect postgresql
equal shop
has log 'applying 16 of 16  2ca86f545cee' \
    'NOTICE: index "messages_by_thread" does not exist, skipping'
is "$(query "SELECT count(*) FROM sqlferry.ledger WHERE event = 'applied'")" 15
expect 0 upgrade_postgresql shop.ferry
has out 'postgresql://: nothing to do, 16 revisions are applied'
expect 0 sqlland current --db postgresql://
has out '2ca86f545cee  shop 1' '16 revisions'

# 300 revisions of ten kinds. What one makes, later ones use.
mkdir sql
cat > write.awk <<'AWK'
function line(text) { print text > file }
function verify(text) {
    print "    verify: sql/" i ".verify.sql"
    print text > "sql/" i ".verify.sql"
    close("sql/" i ".verify.sql")
}
BEGIN {
    print "ferry: 1\nproject: demo\ndialect: postgresql\nrequires: {postgresql: 14}\nrevisions:"
    for (i = 1; i <= 300; i++) {
        n = int((i - 1) / 10) # of the ten
        kind = i % 10
        file = "sql/" i ".sql"
        print "  - id: r" i "\n    title: Größe № " i ", eine Änderung\n    up: " file
        if (i == 1)
            print "    parents: []"
        if (kind == 1) {
            line("CREATE TABLE item_" n " (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,")
            line("    name text NOT NULL CHECK (name <> ''), owner text NOT NULL DEFAULT 'nobody',")
            line("    price numeric(12, 2) CONSTRAINT \"Größe " n "\" CHECK (price >= 0));")
            line("INSERT INTO item_" n " (name, price) SELECT 'тест ☃ ' || i, i FROM generate_series(1, 20) i;")
            line("COMMENT ON TABLE item_" n " IS 'it''s number " n " — 表格 \\ E''\\n''';")
            verify("SELECT count(*) = 20, 'rows' FROM item_" n ";\nSELECT bool_and(name LIKE 'тест%') FROM item_" n ";")
        } else if (kind == 2) {
            line("CREATE TYPE mood_" n " AS ENUM ('sad', 'o''k', 'größer');")
            line("ALTER TABLE item_" n " ADD COLUMN mood mood_" n " NOT NULL DEFAULT 'sad';")
        } else if (kind == 3) {
            line("ALTER TYPE mood_" n " ADD VALUE 'happy' AFTER 'o''k';")
            verify("SELECT count(*) = 4 FROM pg_enum WHERE enumtypid = 'mood_" n "'::regtype;")
        } else if (kind == 4) {
            line("UPDATE item_" n " SET mood = 'happy' WHERE id % 2 = 0;")
            line("CREATE FUNCTION touch_" n "() RETURNS trigger LANGUAGE plpgsql AS $body$")
            line("BEGIN\n    -- :name, \\gexec and ; are only text here\n    NEW.name := NEW.name || $$;$$;")
            line("    RETURN NEW;\nEND\n$body$;")
            line("CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF name ON item_" n)
            line("    FOR EACH ROW EXECUTE FUNCTION touch_" n "();")
            line("INSERT INTO item_" n " (name) VALUES ('a');")
            verify("SELECT name = 'a;' FROM item_" n " ORDER BY id DESC LIMIT 1;")
        } else if (kind == 5) {
            line("CREATE TABLE event_" n " (at integer, what text) PARTITION BY RANGE (at);")
            line("DO $$\nDECLARE\n    i integer;\nBEGIN\n    FOR i IN 0..2 LOOP")
            line("        EXECUTE format('CREATE TABLE event_" n "_%s PARTITION OF event_" n \
                " FOR VALUES FROM (%s) TO (%s)', i, i * 10, (i + 1) * 10);")
            line("    END LOOP;\n    RAISE NOTICE 'made % partitions', 3;\nEND\n$$;")
            line("INSERT INTO event_" n " SELECT i, 'event ' || i FROM generate_series(0, 29) i;")
        } else if (kind == 6) {
            line("CREATE FUNCTION twice_" n "(x integer) RETURNS integer LANGUAGE sql IMMUTABLE\nBEGIN ATOMIC")
            line("    SELECT CASE WHEN x > 0 THEN x * 2 ELSE 0 END;\n    SELECT x + x;\nEND;")
            line("CREATE PROCEDURE clear_" n "() LANGUAGE sql BEGIN ATOMIC DELETE FROM event_" n "; END;")
            verify("SELECT twice_" n "(21) = 42;")
        } else if (kind == 7) {
            line("ALTER TABLE item_" n " ENABLE ROW LEVEL SECURITY;")
            line("CREATE POLICY own ON item_" n " FOR SELECT TO PUBLIC USING (owner = current_user);")
            line("COMMENT ON POLICY own ON item_" n " IS 'each sees its own';")
            line("GRANT SELECT (id, name) ON item_" n " TO PUBLIC;")
        } else if (kind == 8) {
            line("BEGIN;\nCREATE VIEW \"Übersicht " n "\" AS SELECT i.name, e.what FROM item_" n " i JOIN event_" n " e ON e.at = i.id;")
            line("CREATE MATERIALIZED VIEW total_" n " AS SELECT mood, sum(price) AS \"Σ\" FROM item_" n " GROUP BY mood;")
            line("CREATE RULE keep AS ON DELETE TO item_" n " DO INSTEAD NOTHING;\nCOMMIT;")
        } else if (kind == 9) {
            line("CREATE DOMAIN code_" n " AS text COLLATE \"C\" CHECK (VALUE ~ '^[A-Z]+\\d*$');")
            line("ALTER TABLE item_" n " ADD COLUMN code code_" n " DEFAULT 'A1', ALTER COLUMN price SET DEFAULT 1.50;")
            line("CREATE STATISTICS both_" n " ON name, owner FROM item_" n ";")
            line("CREATE SEQUENCE number_" n " OWNED BY item_" n ".code;\nSELECT nextval('number_" n "');")
            line("/* a /* nested */ comment */ SELECT E'\\\\ \\'; \\x41', U&'d\\0061t', '" sprintf("%0200d", n) "';")
        } else {
            print "    transaction: none"
            line("CREATE INDEX CONCURRENTLY item_by_name_" n " ON item_" n " (lower(name)) WHERE price > 0;")
            verify("SELECT indisvalid FROM pg_index WHERE indexrelid = 'item_by_name_" n "'::regclass;")
        }
        close(file)
    }
}
AWK
awk -f write.awk > ferry.yaml
expect 0 sqlferry check
build demo --sequence 1
equal demo
[ "$(grep -c '^CREATE ' ours.schema)" -gt 500 ] || fail 'hardly anything in it'
is "$(grep -c 'NOTICE: made 3 partitions' log)" 30
is "$(query "SELECT event, count(*) FROM sqlferry.ledger GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" \
    'applied|270 finished|30 progressed|30 started|30 '
is "$(query 'TABLE sqlferry.admission EXCEPT SELECT number FROM sqlferry.ledger')" ''
expect 0 upgrade_postgresql demo.ferry
has out 'postgresql://: nothing to do, 300 revisions are applied'
dump > again
same ours again
expect 0 sqlland history --db postgresql://
is "$(wc -l < out)" 360

# A plan says through what it goes, and writes nothing: it does not even take a transaction number.
make_database part
xmax='SELECT txid_snapshot_xmax(txid_current_snapshot())'
before=$(query "$xmax")
expect 0 sqlland plan demo.ferry --key team.pub --db postgresql://
has out 'target   postgresql://, 0 of 300 revisions applied' '  300  r300' '[no transaction]'
version=$(query 'SHOW server_version' | cut -d ' ' -f 1)
grep -qx "through  /.*/psql ([0-9]*\.[0-9]*), server $version" out || fail "$(grep through out)"
expect 0 upgrade_postgresql demo.ferry --dry-run
has out '  300  r300'
is "$(query "$xmax")" "$before"
is "$(query "SELECT to_regnamespace('sqlferry')")" ''

# --to, and an edited script.
expect 0 upgrade_postgresql demo.ferry --to r20
has out 'postgresql://: 20 revisions applied, now at r20'
expect 0 sqlland plan demo.ferry --key team.pub --db postgresql://
has out 'postgresql://, 20 of 300 revisions applied' '    1  r21' '  280  r300'
dump > before
cp sql/7.sql kept
echo '-- tidied' >> sql/7.sql
build edited --sequence 2
expect 6 upgrade_postgresql edited.ferry
has err "revision 'r7' was applied with another script than 'sql/7.sql'"
mv kept sql/7.sql
dump > after
same before after

# project NAME...: a fresh database, and a manifest of revisions whose scripts, and verify scripts if
# they have one, lie in sql already.
project()
{
    make_project "$@"
    sed -i 's/^dialect: sqlite/dialect: postgresql/' ferry.yaml
    for name; do
        [ ! -e "sql/$name.verify.sql" ] ||
            sed -i "s|up: sql/$name.sql|&\n    verify: sql/$name.verify.sql|" ferry.yaml
    done
    build small
    PGDATABASE=postgres psql -X -q -c 'DROP DATABASE IF EXISTS small' 2> err
    make_database small
}

# A revision that fails leaves nothing, and says where: the column counts characters, not bytes.
rm -r sql
mkdir sql
cat > sql/second.sql <<'SQL'
CREATE TABLE second (id integer);
INSERT INTO second VALUES (1);
CREATE FUNCTION answer() RETURNS integer LANGUAGE sql AS 'SELECT 42';
SELECT 'Größe: äöü☃', id,
	'一二三' AS x, nowhere, answer() FROM second;
CREATE TABLE never (id integer);
SQL
project first second third
expect 4 upgrade_postgresql small.ferry
has err 'sql/second.sql:5:14: error: column "nowhere" does not exist (SQLSTATE 42703)' \
    "note: revision 'second' was rolled back" \
    "note: 'postgresql://' has 1 of 3 revisions, 1 of them from this run"
is "$(cat out)" ''
is "$(query "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")" first
is "$(query "SELECT to_regprocedure('answer()')")" ''
is "$(query 'SELECT revision FROM sqlferry.ledger')" first
expect 0 sqlland current --db postgresql://
has out 'first  demo 1' '1 revision'

# Likewise where the place is one in a function, an unknown type, or a constraint at COMMIT.
printf "CREATE TABLE second (id integer);\n\nDO \$\$BEGIN PERFORM 1 / 0; END\$\$;\n" > sql/second.sql
project first second
expect 4 upgrade_postgresql small.ferry
has err 'error: division by zero (SQLSTATE 22012)' "revision 'second' was rolled back"
printf 'CREATE TABLE second (\n    id integer,\n    oops oops\n);\n' > sql/second.sql
project first second
expect 4 upgrade_postgresql small.ferry
has err 'sql/second.sql:3:10: error: type "oops" does not exist (SQLSTATE 42704)' \
    '    3 |     oops oops'
cat > sql/second.sql <<'SQL'
CREATE TABLE second (id integer REFERENCES first DEFERRABLE INITIALLY DEFERRED);
INSERT INTO second VALUES (7);
SQL
project first second
expect 4 upgrade_postgresql small.ferry
has err 'violates foreign key constraint' '(SQLSTATE 23503)' 'Key (id)=(7) is not present in table "first"' \
    "revision 'second' was rolled back"
is "$(query "SELECT to_regclass('second')")" ''

# A verify script that finds something, or that would write.
echo 'CREATE TABLE second AS SELECT * FROM first;' > sql/second.sql
printf "SELECT 1;\nSELECT count(*) > 0, 'rows'\n    FROM second;\n" > sql/second.verify.sql
project first second third
expect 4 upgrade_postgresql small.ferry
has err 'sql/second.verify.sql:2:1: error: the verify script found a row whose first column is f' \
    "revision 'second' was rolled back" "'postgresql://' has 1 of 3 revisions, 1 of them from this run"
is "$(query "SELECT to_regclass('second')")" ''
query 'INSERT INTO first VALUES (1)'
expect 0 upgrade_postgresql small.ferry
has out '2 revisions applied, now at third'
echo 'SELECT NULL::integer, 1;' > sql/second.verify.sql
project first second
expect 4 upgrade_postgresql small.ferry
has err 'sql/second.verify.sql:1:1: error: the verify script found a row whose first column is NULL'
echo 'INSERT INTO second VALUES (1) RETURNING true;' > sql/second.verify.sql
project first second
expect 4 upgrade_postgresql small.ferry
has err 'cannot execute INSERT in a read-only transaction (SQLSTATE 25006)'
is "$(query 'SELECT count(*) FROM sqlferry.ledger')" 1

# What a revision leaves in its session is gone for the next one, which looks for it.
rm -r sql
mkdir sql
psql -X -q -c 'CREATE ROLE somebody'
cat > sql/dirty.sql <<'SQL'
CREATE SCHEMA elsewhere AUTHORIZATION somebody;
CREATE TEMPORARY TABLE left_behind (id integer);
CREATE SEQUENCE counted;
SELECT nextval('counted');
PREPARE left_behind AS SELECT 1;
LISTEN left_behind;
DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1;
SET search_path = elsewhere;
SET statement_timeout = '1min';
SET lock_timeout = '1min';
SET default_transaction_read_only = on;
SET default_transaction_isolation = 'serializable';
SET session_replication_role = replica;
SET DateStyle = 'German';
SET my.own = 'left behind';
SET ROLE somebody;
CREATE TABLE elsewhere.belongs (id integer);
SQL
cp sql/dirty.sql sql/again.sql
sed -i 's/CREATE S.*//; s/SELECT nextval.*//; s/CREATE TABLE elsewhere.belongs/CREATE TABLE elsewhere.again/' sql/again.sql
for name in clean cleaner; do
    cat > sql/$name.sql <<SQL
CREATE TABLE $name (name, found) AS
    SELECT 'role', count(*) FILTER (WHERE current_user <> 'postgres' OR session_user <> 'postgres')
        FROM (SELECT 1) one
    UNION ALL SELECT 'cursor', count(*) FROM pg_cursors WHERE name <> ''
    UNION ALL SELECT 'prepared', count(*) FROM pg_prepared_statements
    UNION ALL SELECT 'listening', count(*) FROM pg_listening_channels()
    UNION ALL SELECT 'temporary', count(*) FROM pg_class WHERE relname = 'left_behind'
    UNION ALL SELECT 'setting ' || name, 1 FROM pg_settings WHERE source = 'session' AND name <> 'transaction_read_only'
    UNION ALL SELECT 'my.own', 1 WHERE current_setting('my.own', true) <> '';
SQL
    echo "SELECT found = 0, name FROM $name;" > sql/$name.verify.sql
done
project dirty clean again cleaner
expect 0 upgrade_postgresql small.ferry
is "$(query 'SELECT DISTINCT found FROM clean UNION SELECT found FROM cleaner')" 0
is "$(query "SELECT tableowner FROM pg_tables WHERE tablename IN ('belongs', 'again')" | sort -u)" somebody
# The check would have seen it: by psql all four in one session do not end well.
PGDATABASE=postgres psql -X -q -c 'CREATE DATABASE dirty'
export PGDATABASE=dirty
zstd -dc small.ferry > upgrade.sql
psql -X -q -f upgrade.sql > out 2> err || true
has err 'ERROR:  cannot execute CREATE TABLE AS in a read-only transaction'

# Every way to name the database.
export PGDATABASE=demo
expect 0 sqlland current --db postgresql://
mv out wanted
folder=$(echo "$PGHOST" | sed 's|/|%2F|g')
printf '[demo]\nhost=%s\nuser=postgres\ndbname=demo\n' "$PGHOST" > services
names()
{
    expect 0 env -u PGHOST -u PGUSER -u PGDATABASE "$@"
    same wanted out
}
names sqlland current --db "postgresql://postgres@$folder/demo"
names sqlland current --db "postgres://postgres@$folder/demo?connect_timeout=5"
names sqlland current --db "postgresql:///demo?host=$folder&user=postgres"
names sqlland current --db "host=$PGHOST user=postgres dbname=demo"
names sqlland current --db "dbname = 'demo' user='postgres' host='$PGHOST'"
names PGSERVICEFILE="$PWD/services" sqlland current --db service=demo
names PGSERVICEFILE="$PWD/services" PGSERVICE=demo sqlland current --db postgresql://
names PGSERVICEFILE="$PWD/services" sqlland current --db 'postgresql://?service=demo'
names PGHOST="$PGHOST" PGUSER=postgres PGDATABASE=demo sqlland current --db postgresql://
names DATABASE_URL="postgresql://postgres@$folder/demo" sqlland current
names DATABASE_URL=sqlite:nothing.db sqlland current --db "postgresql://postgres@$folder/demo"
missing nothing.db
expect 2 env -u DATABASE_URL sqlland current
