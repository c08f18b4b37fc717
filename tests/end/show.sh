# sqlferry show, heads -v and history A:B: what they tell of a graph with branches and merges.
. "$ROOT/tests/end/lib"

cd "$ROOT/examples/shop"
here=$OLDPWD
# told COMMAND...: it succeeds; its output is in $here/out.
told()
{
    sqlferry "$@" > "$here/out" 2> "$here/err" || (cd "$here" && fail "$*: $(cat err)")
}

# line DIALECT KIND FILE STATEMENTS
line()
{
    printf '%-10s %-6s  sql/0006_customer_tenant.%s.sql, %d bytes, %s\n' "$1" "$2" "$3" \
        "$(wc -c < "sql/0006_customer_tenant.$3.sql")" "$4"
}

told show a7f2
is "$(cat "$here/out")" "revision           a7f2093d6e18
title              Put every customer under a tenant
place              ferry.yaml:44
order              6 of 16
parents            add_tenants (listed before it)
children           2b7c5d81f0e9
transaction        single
allow              constraint-not-valid, set-not-null, constraint-builds-index, backfill-in-ddl
$(line postgresql up postgresql.up '5 statements')
$(line postgresql down postgresql.down '3 statements')
$(line postgresql verify verify '1 statement')
$(line sqlite up sqlite.up '4 statements')
$(line sqlite down sqlite.down '4 statements')
$(line sqlite verify verify '1 statement')"
told show baseline ferry.yaml --dialect sqlite
has "$here/out" 'parents            none: a root' 'sqlite     up '
lacks "$here/out" postgresql
told show 2ca86f545cee
has "$here/out" 'children           none: a head'

# The scripts: one for both dialects once, and as they are on disk.
told show b90e --sql
{
    echo '-- up of revision b90e4a76d351 (postgresql, sqlite): sql/0003_lower_case_email.up.sql'
    cat sql/0003_lower_case_email.up.sql
    echo '-- verify of revision b90e4a76d351 (postgresql, sqlite): sql/0003_lower_case_email.verify.sql'
    cat sql/0003_lower_case_email.verify.sql
} > "$here/wanted"
same "$here/out" "$here/wanted"
told show 9d6a --sql --dialect postgresql
is "$(grep -c '^-- up of revision' "$here/out")" 1
cd "$here"

shop=$ROOT/examples/shop
expect 0 sqlferry show a7 "$shop" --json
json()
{
    sqlite3 :memory: "SELECT json_extract(readfile('out'), '$1')"
}
is "$(json '$.step') $(json '$.parents[0]') $(json '$.children[0]')" '6 add_tenants 2b7c5d81f0e9'
is "$(json '$.allow[1]') $(json '$.scripts.sqlite.up.statements')" 'set-not-null 4'
expect 0 sqlferry show b90 "$shop" --json
is "$(sqlite3 :memory: "SELECT json_type(readfile('out'), '\$.scripts.sqlite.down.path')")" null

expect 1 sqlferry show nobody "$shop"
has err "there is no revision 'nobody'"
expect 1 sqlferry show '' "$shop"
expect 1 sqlferry show b "$shop"
has err "more than one revision begins with 'b'" "'baseline', 'b90e4a76d351'"
expect 2 sqlferry show b9 "$shop" --sql --json
expect 2 sqlferry show b9 "$shop" --dialect mysql

# All that a revision can have; a script that is refused, and one that is missing, keep nothing else away.
begin_manifest sqlite
printf 'VACUUM;\n' | revision odd 'parents: []' 'transaction: none' 'idempotent: true' 'lock_timeout: 1500ms' \
    'statement_timeout: 2m' 'verify: sql/gone.sql' 'down: sql/odd.down.sql'
echo 'SELECT (' > sql/odd.down.sql
expect 1 sqlferry show odd
has out 'transaction        none, idempotent' 'lock_timeout       1500ms' 'statement_timeout  120s' \
    'sqlite     up      sql/odd.sql, 8 bytes, 1 statement' 'sqlite     down    sql/odd.down.sql, refused' \
    'sqlite     verify  sql/gone.sql, refused'
has err 'sql/odd.down.sql:1:' "cannot open 'sql/gone.sql'" 'ferry.yaml:'
expect 1 sqlferry show odd --sql
has out 'VACUUM;'
expect 2 sqlferry show odd --dialect postgresql
has err "the manifest is not for the dialect 'postgresql'"

# heads -v, where check refuses them.
make_project first
revision left 'parents: [first]' < /dev/null
revision left_2 'title: Left' < /dev/null
revision right 'parents: [first]' < /dev/null
expect 0 sqlferry heads -v
is "$(cat out)" 'head     left_2
title    Left
place    ferry.yaml:12
order    3 of 4
parents  left
alone    2 revisions that no other head needs

head     right
place    ferry.yaml:15
order    4 of 4
parents  first
alone    1 revision that no other head needs'
expect 0 sqlferry heads -v --json
is "$(json '$[0].alone') $(json '$[1].line') $(json '$[1].parents[0]')" '2 15 first'
expect 0 sqlferry heads
is "$(cat out)" 'left_2  Left
right  '

# history: ranges are B and its ancestors without those of A. Steps keep their numbers.
ids()
{
    expect 0 sqlferry history "$@"
    sed 's/^ *[0-9]*  \([^ ]*\).*/\1/' out | tr '\n' ' '
}
is "$(ids)" 'first left left_2 right '
is "$(ids :left_2)" 'first left left_2 '
is "$(ids :right)" 'first right '
is "$(ids left:left_2)" 'left left_2 '
is "$(ids left_2:left_2)" 'left_2 '
is "$(ids left:)" 'left left_2 right '
is "$(ids right:left_2)" 'left left_2 '
is "$(ids left_2:left)" ''
expect 0 sqlferry history :righ .
is "$(cat out)" '    1  first (root)
    4  right (first)'
expect 0 sqlferry history left: --json
is "$(json '$[2].id') $(json '$[2].step')" 'right 4'
is "$(ids baseline:9d6a "$shop")" 'baseline 3e8b51c07f4d b90e4a76d351 9d6a492bf126 '
expect 1 sqlferry history nobody:
has err "there is no revision 'nobody'"
expect 2 sqlferry history left ferry.yaml
has err "'history' takes one range and one manifest" 'A range is A:B, A: or :B'
expect 2 sqlferry history left: :left
is "$(ids . right:)" 'left left_2 right '
expect 5 sqlferry history left
mv ferry.yaml a:b
expect 0 sqlferry history ./a:b
