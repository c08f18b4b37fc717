# What the real Sqitch deploys and what sqlland applies are the same, for a plan of every kind of line,
# and again once Sqitch itself has reworked a change of it.
. "$ROOT/tests/end/lib"

export SQITCH_FULLNAME='A Planner' SQITCH_EMAIL=a@example.com HOME="$PWD"

dump()
{
    sqlite3 "$1" "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlferry%' ORDER BY 2"
    sqlite3 "$1" .dump | sed -n -e '/sqlferry_ledger/d' -e '/^INSERT/p'
}

# compare: deploys into one database, applies to another, both new.
compare()
{
    rm -f real.db sqitch.db ours.db
    (cd sqitch && expect 0 sqitch deploy --verify db:sqlite:../real.db)
    expect 0 sqlferry import sqitch sqitch --dialect sqlite --project trees -o ferry.yaml --force
    expect 0 sqlferry check
    build trees
    expect 0 sqlland upgrade trees.ferry --key team.pub --db ours.db
    dump real.db > theirs
    dump ours.db > ours
    same ours theirs
}

cp -R "$ROOT/tests/end/layouts/sqitch" .
compare
has ours tree_felled grove

cd sqitch
expect 0 sqitch tag v3 -n 'Third release'
expect 0 sqitch rework kinds -n 'More of them'
printf 'BEGIN;\nALTER TABLE tree ADD COLUMN height REAL;\nCOMMIT;\n' > deploy/kinds.sql
printf 'BEGIN;\nALTER TABLE tree DROP COLUMN height;\nCOMMIT;\n' > revert/kinds.sql
printf 'BEGIN;\nSELECT height FROM tree WHERE 0;\nROLLBACK;\n' > verify/kinds.sql
expect 0 sqitch add last --requires kinds --requires orchards@v1 -n 'The last one'
printf 'CREATE TABLE last (x);\n' > deploy/last.sql
printf 'DROP TABLE last;\n' > revert/last.sql
rm out err
cd ..
compare
has ferry.yaml '  - id: kinds.2' '    title: More of them' '    up: sqitch/deploy/kinds@v3.sql' \
    '    up: sqitch/deploy/kinds.sql'
has ours height

# Back by both ways.
(cd sqitch && expect 0 sqitch revert -y --to @v1 db:sqlite:../real.db)
expect 0 sqlland downgrade trees.ferry --key team.pub --db ours.db --to trees
dump real.db > theirs
dump ours.db > ours
same ours theirs
lacks ours tally
