# What an author reads when the folder of another tool is damaged: whole, in tests/end/messages. Nothing
# is written then.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/golden"

# fresh: an empty folder t.
fresh()
{
    rm -rf t
    mkdir t
}

# file PATH LINE...: a file below t.
file()
{
    mkdir -p "t/$(dirname "$1")"
    path=t/$1
    shift
    printf '%s\n' "$@" > "$path"
}

# refused NAME LAYOUT [PLACE]
refused()
{
    golden "import_$1" 1 sqlferry import "$2" "t${3:+/$3}" --dialect sqlite -o ferry.yaml
    missing ferry.yaml
}

fresh
for layout in atlas dbmate diesel flyway golang-migrate goose numbered prisma sourcegraph sqitch sqlx; do
    expect 1 sqlferry import $layout t --dialect sqlite
    has err "'t' holds no migration of $layout"
done
file readme.txt 'Nothing here.'
refused empty goose

fresh
file V1__a.sql 'CREATE TABLE a (id INTEGER PRIMARY KEY);'
file deep/V1.0__again.sql 'SELECT 1;'
file U2__gone.sql 'SELECT 1;'
file V3__names.sql "-- \${comment}" "INSERT INTO a (id) VALUES ('\${id}');"
file V4__Java.java 'class V4__Java {}'
file V5__set.sql '-- flyway:shouldExecute=false' 'SELECT 1;'
file V6__set.sql 'SELECT 1;'
file V6__set.sql.conf 'executeInTransaction=perhaps'
file 'R__two words.sql' 'SELECT 1;'
file B7__base.sql 'SELECT 1;'
file beforeMigrate.sql 'SELECT 1;'
file V8.sql 'SELECT 1;'
refused flyway flyway

fresh
file 1_a.up.sql 'CREATE TABLE a (id INTEGER PRIMARY KEY);'
file 01_a.up.sql 'CREATE TABLE a (id INTEGER PRIMARY KEY);'
file 2_b.down.sql 'DROP TABLE b;'
file 3_c.up.sql '\i other.sql'
file 4_d.postgres.up.sql 'SELECT 1;'
file 4_d.up.sql 'COMMIT;'
file 5.up.sql 'SELECT 1;'
refused golang_migrate golang-migrate

fresh
file 1_none.sql 'SELECT 1;'
file 2_unknown.sql '-- +goose Up' '-- +goose Upwards' 'SELECT 1;'
file 3_variables.sql '-- +goose Up' '-- +goose ENVSUB ON' 'SELECT ${x};' '-- +goose ENVSUB OFF'
file 4_end.sql '-- +goose Up' 'SELECT 1;' '-- +goose StatementEnd'
file 5_begin.sql '-- +goose Up' '-- +goose StatementBegin' 'SELECT 1;'
file 6_twice.sql '-- +goose Up' 'SELECT 1;' '-- +goose Up' 'SELECT 2;'
file 7_order.sql '-- +goose Down' 'SELECT 1;' '-- +goose Up' 'SELECT 2;'
file 8_before.sql '/* for a start */' 'SELECT 1;' '-- +goose Up' 'SELECT 2;'
file 9_go.go 'package main'
file 10_same.sql '-- +goose Up' 'SELECT 1;'
file 010_same.sql '-- +goose Up' 'SELECT 1;'
refused goose goose

fresh
file 1_none.sql '-- migrate:upwards' 'SELECT 1;'
file 2_one_side.sql '-- migrate:up transaction:false' 'SELECT 1;' '-- migrate:down' 'SELECT 2;'
file 3_same.sql '-- migrate:up' 'SELECT 1;'
file 3_thing.sql '-- migrate:up' 'SELECT 1;'
refused dbmate dbmate

fresh
file x_a.sql 'SELECT 1;'
file 2_b.down.sql 'SELECT 1;'
file 3_c.sql 'SELECT 1;'
file 3_c.up.sql 'SELECT 1;'
refused sqlx sqlx

fresh
file 2026-01-01-000000_a/down.sql 'SELECT 1;'
file 2026-01-02-000000_b/up.sql 'SELECT 1;'
file 2026-01-02-000000_b/metadata.toml '# set' 'run_in_transaction = maybe' 'other = 1'
file 20260102000000_c/up.sql 'SELECT 1;'
file 20260102000000_c/notes 'None.'
refused diesel diesel

fresh
file migration_lock.toml 'provider = "mysql"'
file 20260101000000_a/migrate.sql 'SELECT 1;'
refused prisma prisma

cp -R "$ROOT/tests/end/layouts/atlas" atlas
sums()
{
    rm -rf t
    cp -R atlas t
}
sums
echo '-- one more' >> t/20260102000000_trees.sql
refused atlas_changed atlas
sums
cp t/20260102000000_trees.sql t/20260102500000_trees.sql
refused atlas_added atlas
sums
rm t/20260301000000_compact.sql
refused atlas_removed atlas
sums
rm t/20260303000000_checkpoint.sql
refused atlas_last_removed atlas
sums
sed -i '1s/h1:./h1:_/' t/atlas.sum
refused atlas_total atlas
sums
sed -i '2,$d' t/atlas.sum
refused atlas_cut atlas
sums
rm t/atlas.sum
sed -i '1s/.*/-- atlas:delimiter \\n\\n/' t/20260301000000_compact.sql
refused atlas_no_sum atlas

fresh
file sqitch.conf '[core]' '	engine = mysql' '	top_dir = sql'
file sqitch.plan '%syntax-version=1.0.0' '%project=trees' '' \
    'a 2026-01-01T00:00:00Z A <a@example.com> # One' \
    'b [a c @v9 other:x !a] 2026-01-01T00:00:00Z A <a@example.com> # Two' \
    '-a 2026-01-01T00:00:00Z A <a@example.com> # Not a' \
    'a 2026-01-01T00:00:00Z A <a@example.com> # Again' '@v1 2026-01-01T00:00:00Z A <a@example.com>' \
    'b 2026-01-01T00:00:00Z A <a@example.com> # Again'
file deploy/a.sql 'SELECT 1;'
file deploy/b.sql 'SELECT 1;'
file deploy/old.sql 'SELECT 1;'
refused sqitch sqitch
file sqitch.plan '%project=trees' '' '@v0 2026-01-01T00:00:00Z A <a@example.com>' 'none 2026-01-01T00:00:00Z A <a@example.com>'
rm t/sqitch.conf
refused sqitch_plan sqitch

fresh
file 1.sql 'SELECT 1;'
file 01-again.sql 'SELECT 1;'
file 2/down.sql 'SELECT 1;'
file 3/up.sql 'SELECT 1;'
file 3/extra.sql 'SELECT 1;'
file 4x.sql 'SELECT 1;'
refused numbered numbered

fresh
file order.txt '# the order' 'a.sql' 'no-such.sql' '../team.sql' '/etc/passwd' 'sub/a.sql' 'two words.sql'
file a.sql 'SELECT 1;'
file sub/a.sql 'SELECT 1;'
file 'two words.sql' 'SELECT 1;'
refused list list order.txt

fresh
folder()
{
    file "$1/up.sql" 'SELECT 1;'
    shift
    file "$@"
}
folder 1_a 1_a/metadata.yaml 'name: a' 'parents: [3]'
folder 2_b 2_b/metadata.yaml 'name: b' 'parents: [1, 9]'
folder 3_c 3_c/metadata.yaml 'name: c' 'parents: [2]'
folder 4_d 4_d/metadata.yaml 'name: d' 'parents: []'
folder 5_e 5_e/metadata.yaml 'name: e' 'parents: []'
refused sourcegraph_graph sourcegraph
folder 5_e 5_e/metadata.yaml '- e'
folder 6_f 6_f/metadata.yaml 'name: f' 'parents: [[1]]' 'createIndexConcurrently: perhaps' 'colour: red'
folder 7_g 7_g/metadata.yaml 'name: &g x'
file 8_h/down.sql 'SELECT 1;'
refused sourcegraph sourcegraph

# Links, rights, names.
fresh
echo 'SELECT 1;' > outside.sql
mkdir outside
ln -s ../outside.sql t/1_a.sql
ln -s ../outside t/2_b
ln -s 4_d.sql t/3_c.sql
file 4_d.sql 'SELECT 1;'
mkfifo t/5_e.sql
golden import_links 1 sqlferry import sqlx t --dialect sqlite -o t/ferry.yaml
missing t/ferry.yaml
fresh
ln -s /etc t/1
refused link_to_folder numbered
fresh
ln -s . t/again
refused circle flyway
fresh
file 1_a.sql 'SELECT 1;'
chmod 000 t/1_a.sql
chmod 755 .
golden import_unreadable 1 as_nobody sqlferry import sqlx t --dialect sqlite
fresh
file "$(printf '1_a\033[31m.sql')" 'SELECT 1;'
file "$(printf '2_b\nc.sql')" 'SELECT 1;'
file '3_d\e.sql' 'SELECT 1;'
file "$(printf '4_f\377.sql')" 'SELECT 1;'
refused names sqlx
printable err
fresh
file "1_it's a \"name\": with, [marks] # é.sql" 'SELECT 1;'
file 2_null.sql 'SELECT 1;'
file 3_~.sql 'SELECT 1;'
expect 0 sqlferry import sqlx t --dialect sqlite -o ferry.yaml
expect 0 sqlferry check
is "$(sed -n '/title: "null"/p; /title: "~"/p' ferry.yaml | wc -l)" 2
has ferry.yaml "    title: \"it's a \\\"name\\\": with, [marks] # é\""
