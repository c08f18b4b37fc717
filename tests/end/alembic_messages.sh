# What whoever imports a damaged history of Alembic reads, whole: tests/end/messages/NAME.txt.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/golden"

cp -R "$ROOT/manifests/damaged/alembic" shop
golden alembic_damaged 1 sqlferry import alembic shop
