# What a server says, in notices, errors, details and hints, and what things in it are called may be
# anything that SQL can make: only printable text comes to the terminal, and JSON stays JSON.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

forge=$(dirname "$(command -v sqlland)")/tests/end/forge
make_key team
start_server
client -d postgres -c "CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0 LOCALE 'C'"
make_database shop

# All characters to U+00FF, all that turn text around or hide it, and some that are shown.
every="(SELECT string_agg(chr(i), '' ORDER BY i) FROM generate_series(1, 255) i) ||
    (SELECT string_agg(chr(i), '' ORDER BY i) FROM unnest(ARRAY[x'61c'::int, x'180e'::int, x'feff'::int,
        x'fff9'::int, x'fffe'::int, x'e0001'::int, x'e007f'::int, x'200b'::int, x'200f'::int, x'2028'::int,
        x'202a'::int, x'202e'::int, x'2060'::int, x'2066'::int, x'2069'::int, x'206f'::int]) i) || 'Größe 価格'"
# Bytes that are no UTF-8, which such a database takes for text.
bytes="convert_from(decode((SELECT string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i)
    FROM generate_series(1, 255) i) || 'c29be280aee281a6efbbbff3a08181', 'hex'), 'SQL_ASCII')"

# look STATUS COMMAND...
look()
{
    for words in '' --json; do
        expect "$@" $words
        printable out err
        [ -z "$words" ] || [ ! -s out ] ||
            is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
        [ "$1" -ne 0 ] || [ -z "${again:-}" ] || query "$again"
    done
}

for database in shop ascii; do
    said=$every raw=
    [ $database = shop ] || said=$bytes raw="SET client_encoding = 'SQL_ASCII';"
    export PGDATABASE=$database
    db=postgresql:///$database

    for level in NOTICE WARNING INFO; do
        cat > said.sql << SQL
$raw
DO \$\$BEGIN
RAISE $level '%', $said USING DETAIL = $said, HINT = $said, ERRCODE = '01000';
END\$\$;
SQL
        "$forge" team.key forged.ferry postgresql said.sql
        again='SET client_min_messages = warning; DROP SCHEMA sqlferry CASCADE' \
            look 0 sqlland upgrade forged.ferry --key team.pub --db $db
        has err "$level: " '\x1B' '\x07'
    done
    cat > error.sql << SQL
$raw
DO \$\$BEGIN
RAISE EXCEPTION '%', $said USING DETAIL = $said, HINT = $said;
END\$\$;
SQL
    "$forge" team.key forged.ferry postgresql error.sql
    look 4 sqlland upgrade forged.ferry --key team.pub --db $db
    has err 'error.sql:' ': error: ' 'SQLSTATE P0001' '\x1B'
    cat > names.sql << SQL
$raw
DO \$\$BEGIN
EXECUTE format('CREATE TABLE t (x integer CONSTRAINT %I CHECK (x > 1))', left($said, 30));
INSERT INTO t VALUES (0);
END\$\$;
SQL
    "$forge" team.key forged.ferry postgresql names.sql
    look 4 sqlland upgrade forged.ferry --key team.pub --db $db
    has err 'violates check constraint'
    cat > none.sql << SQL
SELECT * FROM "$(printf 'a\033[2J\302\233\342\200\256\342\201\246\357\273\277b')";
SQL
    "$forge" team.key forged.ferry postgresql none.sql
    look 4 sqlland upgrade forged.ferry --key team.pub --db $db
    has err 'none.sql:1:15: error: relation "a\x1B[2J'
done

# A role, a database, a server of such a name, and a ledger that somebody wrote in.
export PGDATABASE=shop
name=$(printf 'a\033[2J\007\302\233\342\200\256\342\201\246\357\273\277b')
query "CREATE ROLE \"$name\" LOGIN SUPERUSER"
look 5 sqlland current --db "dbname='$name'"
look 5 sqlland current --db "user='no $name'"
look 5 sqlland current --db "host='$name'"
has err 'psql cannot connect'
echo 'CREATE TABLE t (x integer);' > good.sql
"$forge" team.key good.ferry postgresql good.sql
PGUSER=$name look 0 sqlland upgrade good.ferry --key team.pub --db postgresql:///shop
PGUSER=$name look 0 sqlland plan good.ferry --key team.pub --db "postgresql:///shop?user=$(printf %s "$name" | od -An -tx1 | tr -d '\n' | tr ' ' %)"
query 'ALTER TABLE sqlferry.ledger DISABLE TRIGGER ALL'
for column in project release revision note who tool digest; do
    query "UPDATE sqlferry.ledger SET $column = $every"
    for command in current history 'check good.ferry --key team.pub' 'upgrade good.ferry --key team.pub'; do
        look 6 sqlland $command --db postgresql:///shop
    done
done
