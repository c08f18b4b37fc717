# A history of the real Alembic is imported and applied to PostgreSQL.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/import_alembic"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

fresh()
{
    query 'DROP SCHEMA IF EXISTS sqlferry CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2> err
}

dump()
{
    pg_dump -N sqlferry | grep -v '^\\\(un\)\{0,1\}restrict '
}

start_server
make_database shop
both_ways "postgresql+psycopg2://postgres@/shop?host=$PGHOST" postgresql
