# A PostgreSQL database that the real Alembic built is adopted, taken on, and stays one of Alembic's.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/alembic"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

land()
{
    case $1 in
    history) sqlland "$@" --db postgresql:// ;;
    *) sqlland "$@" --key team.pub --db postgresql:// ;;
    esac
}

fresh()
{
    query 'DROP SCHEMA IF EXISTS sqlferry CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2> err
}

dump()
{
    pg_dump -N sqlferry | grep -v '^\\\(un\)\{0,1\}restrict '
}

ask()
{
    query "$1"
}

start_server
make_database shop
make_alembic "postgresql+psycopg2://postgres@/shop?host=$PGHOST" postgresql
adoption
