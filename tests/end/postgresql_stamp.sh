# PostgreSQL databases that other tools built; stamp.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/tools"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
dialect=postgresql true=true false=false

land()
{
    case $1 in
    history) sqlland "$@" --db postgresql:// ;;
    *) sqlland "$@" --key team.pub --db postgresql:// ;;
    esac
}

fresh()
{
    query 'DROP SCHEMA IF EXISTS sqlferry CASCADE; DROP SCHEMA IF EXISTS sqitch CASCADE;
        DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2> err
}

ask()
{
    query "$1"
}

start_server
make_database shop
adoption

project users groups index
built sqitch
add sqitch users
add sqitch groups
adopted sqitch
built sqitch
add sqitch groups
refused sqitch "sqitch has applied 'groups', but not its parent 'users'"
add sqitch nowhere
refused sqitch "sqitch has applied 'nowhere', which is no revision of the bundle"

# Changes in folders, and one that was reworked, have the ids that `sqlferry import` gives them.
project app.users app.users.2 index
built sqitch
add sqitch app/users
add sqitch app/users
adopted sqitch

# In another schema it is found as a script would find it.
fresh
query 'CREATE SCHEMA apart; ALTER ROLE postgres IN DATABASE shop SET search_path = apart'
make_table dbmate
project 1_one 2_two 3_three
add dbmate 1
add dbmate 2
is "$(query "SELECT to_regclass('apart.schema_migrations') IS NOT NULL")" t
query 'CREATE TABLE t1 (id integer); CREATE TABLE t2 (id integer)'
adopted dbmate
is "$(query "SELECT to_regclass('apart.t3') IS NOT NULL")" t
