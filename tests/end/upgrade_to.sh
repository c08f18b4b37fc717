# --to applies a revision and what it needs, and nothing else.
. "$ROOT/tests/end/lib"

make_shop shop

expect 2 upgrade shop.ferry --to nowhere
has err "the bundle has no revision 'nowhere'"
missing shop.db

applied()
{
    sqlland history --db shop.db | awk '{print $4}' | tr '\n' ' '
}

expect 0 sqlland plan shop.ferry --key team.pub --db shop.db --to e60b94d8275c
has out '    1  baseline' '    2  rbac_roles' '    3  e60b94d8275c'
lacks out '    4  '
missing shop.db
expect 0 upgrade shop.ferry --to e60b94d8275c
has out 'shop.db: 3 revisions applied, now at e60b94d8275c'
is "$(applied)" 'baseline rbac_roles e60b94d8275c '
expect 0 upgrade shop.ferry --to rbac_roles
has out 'nothing to do'

# Another branch from the same root.
expect 0 upgrade shop.ferry --to add_comms_tables
is "$(applied)" 'baseline rbac_roles e60b94d8275c 3e8b51c07f4d b90e4a76d351 9d6a492bf126 add_comms_tables '
expect 0 sqlland current --db shop.db
has out 'add_comms_tables  shop 1' '7 revisions'

# A merge takes what is missing of all its parents.
expect 0 upgrade shop.ferry --to 2b7c5d81f0e9
has out 'shop.db: 3 revisions applied, now at 2b7c5d81f0e9'
expect 0 upgrade shop.ferry
has out 'shop.db: 6 revisions applied, now at 2ca86f545cee'

# Whatever the order, the database is the same.
expect 0 sqlland upgrade shop.ferry --key team.pub --db straight.db
for database in shop straight; do
    sqlite3 $database.db "SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2" > $database.schema
done
same shop.schema straight.schema
