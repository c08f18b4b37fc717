# A history of 100 revisions whose down scripts forget 30 things: types, functions, columns, indexes,
# sequences and policies. 'sqlferry check' names these 30, and nothing else.
. "$ROOT/tests/end/lib"

mkdir sql
awk '
    # Says how a thing is created, and how it is dropped unless the revision is to forget it.
    function thing(kind, name, create, drop) {
        print create > up
        if (kind == forgets)
            print name > "forgotten"
        else
            downs[++down_count] = drop
    }
    BEGIN {
        split("type function column index sequence policy", kinds, " ")
        print "ferry: 1\nproject: demo\ndialect: postgresql\nrevisions:" > "ferry.yaml"
        for (i = 1; i <= 100; i++) {
            up = "sql/" i ".up.sql"
            down = "sql/" i ".down.sql"
            printf "  - id: r%d\n%s    up: %s\n    down: %s\n", i, i == 1 ? "    parents: []\n" : "",
                up, down > "ferry.yaml"
            forgets = i % 10 == 1 || i % 10 == 4 || i % 10 == 7 ? kinds[++lot % 6 + 1] : ""
            down_count = 0
            table = "t" i
            old = "t" (i > 9 ? i - i % 9 - 1 : 1)
            print "-- r" i ": one of each kind; \047 ; $$" > up
            print "CREATE TYPE kind_of_" i " AS ENUM (\047a;b\047, \047c\047);" > up
            print "CREATE TABLE " table " (id bigserial PRIMARY KEY, kind kind_of_" i ", note text UNIQUE);" > up
            downs[++down_count] = "DROP TABLE " table ";"
            # These go with the table.
            print "CREATE INDEX " table "_kind ON " table " (kind, id);" > up
            print "ALTER TABLE " table " ADD COLUMN late integer, ADD CONSTRAINT " table "_late CHECK (late > 0);" > up
            print "CREATE POLICY own ON " table " USING (true);" > up
            thing("type", "kind_of_" i, "-- the type above", "DROP TYPE kind_of_" i ";")
            thing("function", "f" i,
                "CREATE FUNCTION f" i "(a integer DEFAULT 1, b text) RETURNS integer LANGUAGE sql\nAS $f$ SELECT 1; $f$;",
                "DROP FUNCTION f" i "(integer, text);")
            thing("column", "c" i, "ALTER TABLE " old " ADD COLUMN c" i " text DEFAULT \047;\047;",
                "ALTER TABLE " old " DROP COLUMN c" i ";")
            thing("index", "i" i, "CREATE INDEX i" i " ON " old " (lower(note), id) WHERE id > " i ";", "DROP INDEX i" i ";")
            thing("sequence", "s" i, "CREATE SEQUENCE s" i " START 5;", "DROP SEQUENCE IF EXISTS s" i ";")
            thing("policy", "p" i, "CREATE POLICY p" i " ON public." old " FOR SELECT USING (id > 0);",
                "DROP POLICY p" i " ON " old ";")
            print "INSERT INTO " table " (note) VALUES (\047CREATE TYPE never AS ENUM ()\047);" > up
            while (down_count)
                print downs[down_count--] > down
        }
    }'
is "$(wc -l < forgotten)" 30
expect 1 sqlferry check --json
is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
sqlite3 :memory: "SELECT json_extract(value, '\$.message') FROM json_each(readfile('out'), '\$.findings')
    WHERE json_extract(value, '\$.severity') <> 'info'
        AND json_extract(value, '\$.rule') NOT IN ('index-not-concurrent')" > messages
is "$(wc -l < messages)" 30
sed "s/^[^']*'\([^']*\)' is still there after the down script$/\1/" messages | sort > found
sort forgotten | diff - found || fail 'not what was forgotten'

# A person is shown all of them, too.
is "$(grep -c 'still there after the down script' err)" 30
