# A history of the real Alembic is imported and applied to SQLite; what is no revision, cannot be
# rendered or is there already.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/import_alembic"

land()
{
    sqlland "$@" --key team.pub --db shop.db
}

fresh()
{
    rm -f shop.db
    sqlite3 shop.db 'VACUUM'
}

# What the tables are and hold, however their SQL was written.
dump()
{
    sqlite3 shop.db .dump | grep '^INSERT' | grep -v sqlferry_ledger | sort
    sqlite3 shop.db "CREATE TEMP VIEW tables AS SELECT name FROM sqlite_schema
            WHERE type = 'table' AND name NOT LIKE 'sqlferry%'" \
        'SELECT t.name, c.* FROM tables t, pragma_table_info(t.name) c ORDER BY 1, 2' \
        'SELECT t.name, f.* FROM tables t, pragma_foreign_key_list(t.name) f ORDER BY 1, 2' \
        'SELECT t.name, i.*, c.* FROM tables t, pragma_index_list(t.name) i, pragma_index_info(i.name) c ORDER BY 1, 2'
}

both_ways "sqlite:///$PWD/shop.db" sqlite

# Without SQL there is a report, and how to get it.
expect 0 sqlferry import alembic shop
has out 'alembic: 9 revisions, 2 roots, 2 heads, 3 merges'
has err "'sqlferry import alembic shop --render -o ferry.yaml'" "'--sql FILE'"
for where in shop/migrations shop/migrations/versions shop/migrations/versions/; do
    expect 0 sqlferry import alembic $where
    has out 'alembic: 6 revisions, 1 root, 1 head, 1 merge'
done

expect 0 sqlferry import alembic shop --json
is "$(cat out)" '{"revision_count":9,"root_count":2,"head_count":2,"merge_count":3,"error_count":0,"warning_count":0,"findings":[]}'
expect 1 sqlferry import alembic "$ROOT/manifests/damaged/alembic" --json
has out '"error_count":10,"warning_count":1' '"name":"file-name","severity":"error","file":"' \
    '_order_lines.py","line":13,"column":17,"message":"' '"hint":"Write '"'902be5c4a7d8'"'."' \
    '{"name":"docstring","severity":"warning"'
is "$(cat err)" 'error: 10 faults and 1 warning in 25 revisions'
expect 2 sqlferry import alembic shop --json --render

# What is there already is another matter.
expect 1 sqlferry import alembic shop --render --dialect sqlite -o ferry.yaml
has err "'ferry.yaml' already exists" "'--force' replaces it."
expect 0 sqlferry import alembic shop --render --dialect sqlite -o ferry.yaml --force
echo '-- mine' >> sql/5eed00000001.up.sql
rm ferry.yaml
expect 1 sqlferry import alembic shop --render --dialect sqlite -o ferry.yaml
has err "'sql/5eed00000001.up.sql' already exists, and is another" "If no host has applied it yet, '--force' replaces it."
missing ferry.yaml
has sql/5eed00000001.up.sql '-- mine'
expect 0 sqlferry import alembic shop --render --dialect sqlite --force
has out 'ferry: 1' 'project: sqlferry-end-'
lacks sql/5eed00000001.up.sql '-- mine'

# The command line.
import_status()
{
    wanted=$1
    shift
    expect "$wanted" sqlferry import alembic "$@"
}
import_status 2 shop other
has err 'alembic has one folder'
import_status 2 shop --render --dialect oracle
import_status 2 shop --render --dialect sqlite --dialect postgresql
has err 'Alembic renders one dialect at a time'
import_status 2 shop --render --sql up.sql
has err "'--render' and '--sql' exclude each other"
import_status 2 shop --down-sql down.sql
has err "'--down-sql' goes with '--sql'"
import_status 2 shop --sql up.sql --alembic alembic
has err "'--alembic' goes with '--render'"
import_status 2 shop -o other.yaml
has err 'revisions of Alembic are no SQL' "'--render' has Alembic write it; '--sql' takes what it has written."
import_status 2 shop --render --project 'A B'
import_status 2 shop --sql up.sql
has err 'for which database this is, nobody says' "Say '--dialect postgresql' or '--dialect sqlite'."
expect 2 sqlferry import flyway shop --branches
has err "'--branches' goes with alembic"
import_status 5 nowhere
has err "cannot read the folder 'nowhere'"

# The program.
import_status 5 shop --render --alembic ./nowhere/alembic
has err "cannot run './nowhere/alembic': No such file or directory" '--alembic venv/bin/alembic'
import_status 5 shop --render --alembic nowhere-in-the-path
PATH=${PATH%%:*} import_status 5 shop --render
has err "cannot run 'alembic': No such file or directory" "'--sql' and '--down-sql'"
echo 'exit 3' > silent
chmod +x silent
import_status 5 shop --render --alembic ./silent
has err "'$PWD/./silent' cannot be run"
printf '#!/bin/sh\nexit 3\n' > silent
import_status 5 shop --render --alembic ./silent
has err "'alembic upgrade base:heads --sql' failed"
printf '#!/bin/sh\nkill -9 $$\n' > silent
import_status 5 shop --render --alembic "$PWD/silent"
has err 'was ended by signal 9'
mkdir -p 'a b'
printf '#!/bin/sh\necho "$PWD $* $PYTHONDONTWRITEBYTECODE" > seen\nexec alembic "$@"\n' > 'a b/alembic'
chmod +x 'a b/alembic'
import_status 0 shop --render --alembic 'a b/alembic' --dialect sqlite --force
is "$(cat shop/seen)" "$PWD/shop downgrade 5eed00000009:base --sql 1"

# What was rendered elsewhere: from other files, cut off, no such thing.
sed 's/upgrade 5eed00000005 -> 5eed00000006/upgrade 5eed00000004 -> 5eed00000006/' up.sql > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err ":1: error: revision '5eed00000006' was rendered with other parents" '_notes.py:14:50: note: its file says so'
sed 's/-> 5eed00000006/-> 5eed0000000f/' up.sql > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err "no file has revision '5eed0000000f'" 'Render these files again.'
cat up.sql up.sql > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err "revision '5eed00000001' is there twice"
last=$(sed -n 's/^-- Running .* //p' up.sql | tail -1)
grep -v "'$last'" up.sql > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err 'the output ends inside this revision'
echo 'SELECT 1;' > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err "other.sql:1:1: error: this is no output of 'alembic upgrade base:heads --sql'"
rm -rf sql
awk '/^-- Running/ { on = !/-> 5eed0000000[69]/ } on' up.sql > other.sql
import_status 1 shop --sql other.sql --dialect sqlite
has err "the upgrade of '5eed00000006' is not in the SQL" "Write its SQL into 'sql/5eed00000006.up.sql'"
missing sql
(echo 'SET x = 1;'; echo; cat up.sql) > other.sql
import_status 0 shop --sql other.sql --dialect sqlite
has err 'other.sql:1:1: warning: this belongs to no revision, and is left out'
lacks out 'down:'

# Files that are no revisions, and settings that cannot be followed.
touch shop/migrations/versions/README shop/migrations/versions/__init__.py shop/migrations/versions/.#x.py
mkdir -p shop/migrations/versions/__pycache__ shop/migrations/versions/old
import_status 0 shop
has err "warning: file 'shop/migrations/versions/README' is left out: no revision file of Alembic" \
    "warning: folder 'shop/migrations/versions/old' is left out"
is "$(grep -c warning err)" 2
printf 'import os\n' > shop/migrations/versions/helper.py
import_status 1 shop
has err "helper.py:1:1: error: 'helper.py' is no revision: nothing is assigned to 'revision'"
rm shop/migrations/versions/helper.py shop/migrations/versions/README
cp shop/alembic.ini alembic.ini
ini()
{
    printf '[DEFAULT]\nbase = %%(here)s/migrations\n# x\n[alembic]\n%s\n[other]\nscript_location = z\n' "$*" > shop/alembic.ini
}
side='version_locations = %(base)s/versions %(base)s/side'
for line in "script_location: %(base)s
$side" "SCRIPT_LOCATION=migrations
version_path_separator = space
$side" "script_location = $PWD/shop/migrations
path_separator = newline
version_locations =
  migrations/versions
  migrations/side" 'script_location = shop:migrations
recursive_version_locations = true
version_locations = migrations/versions, migrations/side'; do
    ini "$line"
    import_status 0 shop
    has out 'alembic: 9 revisions, 2 roots'
done
ini 'x = y'
import_status 1 shop
has err "shop/alembic.ini:1:1: error: alembic.ini has no 'script_location'"
ini 'script_location = %(nothing)s/x'
import_status 1 shop
has err "alembic.ini:5:19: error: 'script_location' refers to a setting that is not there"
ini 'script_location = 100%'
import_status 1 shop
has err "error: 'script_location' has a '%' that is neither '%%' nor '%(NAME)s'"
ini 'script_location = %(script_location)s'
import_status 1 shop
has err "error: 'script_location' refers to too many settings"
ini 'script_location = elsewhere'
import_status 5 shop
has err "cannot read the folder 'shop/elsewhere/versions'"
cp alembic.ini shop/alembic.ini
mkdir empty
import_status 1 empty
has err "'empty' holds no revision of Alembic" 'Name the folder of alembic.ini, of env.py, or of the revision files.'

# Revisions that want a database while they run: all of them in one go, each at its call.
#
#     1 - 2! - 3 - 5 - 6!
#      \- 4! -----/
rm -rf shop sql ferry.yaml
make_project "sqlite:///$PWD/shop.db"
printf '[alembic]\nscript_location = migrations\nsqlalchemy.url = sqlite://\n' > shop/alembic.ini
migration 1 None '' "op.execute('CREATE TABLE a (x)')" "op.execute('DROP TABLE a')" a
migration 2 "'5eed00000001'" '' "for row in op.get_bind().execute('SELECT x FROM a').fetchall():
        op.execute('DELETE FROM a')" "raise NotImplementedError('what is gone is gone')" b
migration 3 "'5eed00000002'" '' "op.execute('CREATE TABLE c (x)')" "op.execute('DROP TABLE c')" c
migration 4 "'5eed00000001'" '' "with op.batch_alter_table('a') as batch:
        batch.alter_column('x', nullable=False)" "op.get_bind().scalar('SELECT 1').lower()" d
migration 5 "('5eed00000003', '5eed00000004')" '' pass pass e
migration 6 "'5eed00000005'" '' "helper()


def helper():
    sa.inspect(op.get_bind()).get_table_names()" pass f
import_status 1 shop --render -o ferry.yaml
is "$(grep -c error: err)" 5
has err "_b.py:19:5: error: the upgrade of '5eed00000002' cannot be rendered offline: AttributeError: " \
    "for row in op.get_bind().execute('SELECT x FROM a').fetchall():" \
    "Write its SQL into 'sql/5eed00000002.up.sql', and import again: that file is then used." \
    "_d.py:13:17: error: the upgrade of '5eed00000004' cannot be rendered offline: FAILED: This operation cannot proceed in --sql mode" \
    "_d.py:24:5: error: the downgrade of '5eed00000004' cannot be rendered offline: NotImplementedError" \
    "_f.py:23:5: error: the upgrade of '5eed00000006' cannot be rendered offline: AttributeError: " \
    'error: 4 faults and 0 warnings in 6 revisions'
missing ferry.yaml sql
mkdir sql
echo 'DELETE FROM a;' > sql/5eed00000002.up.sql
echo 'CREATE TABLE d (x);' > sql/5eed00000004.up.sql
echo 'DROP TABLE d;' > sql/5eed00000004.down.sql
: > sql/5eed00000006.up.sql
import_status 0 shop --render -o ferry.yaml
has err "_d.py:13:17: warning: the upgrade of '5eed00000004' is 'sql/5eed00000004.up.sql' as it is"
is "$(grep -c warning: err)" 4
is "$(grep -A9 'id: 5eed00000002' ferry.yaml | sed -n 's/ *down: //p' | head -1)" none
is "$(cat sql/5eed00000003.up.sql)" 'CREATE TABLE c (x);'
is "$(cat sql/5eed00000004.up.sql)" 'CREATE TABLE d (x);'
expect 0 sqlferry check

# An environment that fails, and one that says what it renders for.
echo 'raise SystemExit("no settings here")' >> shop/migrations/env.py
rm shop/migrations/versions/*_[bcdef].py
import_status 5 shop --render
has err "'alembic upgrade base:heads --sql' failed: no settings here"
sed -i -e '$d' -e '1i import logging; logging.basicConfig(level=logging.INFO)' shop/migrations/env.py
printf '[alembic]\nscript_location = migrations\n' > shop/alembic.ini
import_status 0 shop --render
has out 'dialect: sqlite'
import_status 2 shop --render --dialect postgresql
has err 'Alembic rendered for sqlite, not for postgresql'
ALEMBIC_URL=mysql+pymysql:// import_status 1 shop --render
has err "Alembic rendered for 'MySQLImpl.', and sqlferry knows only PostgreSQL and SQLite"

# SQLAlchemy doubles '%' for a driver that nobody asks.
rm -r sql shop/migrations/versions/*.py
migration 1 None '' "op.execute('CREATE TABLE a (x)')" pass a
migration 2 "'5eed00000001'" '' "op.execute(\"INSERT INTO a VALUES ('50%', '%%')\")" pass b
ALEMBIC_URL=postgresql+psycopg2:// import_status 0 shop --render
is "$(cat sql/5eed00000002.up.sql)" "INSERT INTO a VALUES ('50%', '%%');"
sed -i 's/, dialect_opts={"paramstyle": "named"}//' shop/migrations/env.py
ALEMBIC_URL=postgresql+psycopg2:// import_status 1 shop --render --force
has err "_b.py:13:17: error: every '%' in the SQL is there twice" "dialect_opts={'paramstyle': 'named'}"
import_status 0 shop --render --force
