# sqlferry fmt lays manifests out in one way, and says with --check which ones are not.
. "$ROOT/tests/end/lib"

# What comes with sqlferry is laid out so.
expect 0 sqlferry fmt --check "$ROOT/examples/shop"
is "$(cat out)" ''
sqlferry init fresh > out
expect 0 sqlferry fmt --check fresh
expect 0 sqlferry new 'A second one' fresh --dialect postgresql
expect 0 sqlferry fmt --check fresh

# A manifest and what it includes; the order of what is applied, and so the bundle, stays.
mkdir -p team
printf 'ferry:   1\nproject: "demo"\ndialect: sqlite\n\n\n\ninclude: [ team/ferry.yaml ]\nrevisions:\n-   up: root.sql # the up\n    # of the id\n    id: root\n    parents: []\n# the end\n' > ferry.yaml
printf 'ferry: 1\r\nrevisions:\r\n    - id: one\r\n      up: one.sql\r\n      parents: [root,]' > team/ferry.yaml
echo 'CREATE TABLE root (id INTEGER PRIMARY KEY);' > root.sql
echo 'CREATE TABLE one (id INTEGER PRIMARY KEY);' > team/one.sql
export SOURCE_DATE_EPOCH=1700000000
build before
cp -R . ../given
rm -f ../given/out ../given/err
expect 1 sqlferry fmt --check
has err "error: 'ferry.yaml' is laid out otherwise" "error: 'team/ferry.yaml' is laid out otherwise" \
    "hint: 'sqlferry fmt' changes it."
rm out err
diff -r . ../given
expect 0 sqlferry fmt
is "$(cat out)" 'ferry.yaml
team/ferry.yaml'
is "$(cat ferry.yaml)" 'ferry: 1
project: demo
dialect: sqlite

include: [team/ferry.yaml]
revisions:
  # of the id
  - id: root
    parents: []
    up: root.sql # the up
# the end'
printf 'ferry: 1\r\nrevisions:\r\n  - id: one\r\n    parents: [root]\r\n    up: one.sql\r\n' | cmp - team/ferry.yaml
expect 0 sqlferry fmt --check
cp ferry.yaml once.yaml
expect 0 sqlferry fmt
is "$(cat out)" ''
same ferry.yaml once.yaml
build after
same before.ferry after.ferry

# What is refused changes nothing, in no file.
printf 'ferry:   1\nrevisions: [{id: one, parents: [root], up: one.sql}]\n' > team/ferry.yaml
printf 'ferry:\n  # of the format\n  1\nproject: demo\ndialect: sqlite\ninclude: [team/ferry.yaml]\nrevisions: [{id: root, parents: [], up: root.sql}]\n' > ferry.yaml
cp ferry.yaml given.yaml
expect 1 sqlferry fmt
has err 'ferry.yaml:2:3: error: fmt does not know where this belongs'
same ferry.yaml given.yaml
has team/ferry.yaml 'ferry:   1'
printf 'ferry:  1\nproject: demo\nprojcet: demo\n' > ferry.yaml
expect 1 sqlferry fmt
has err "unknown key 'projcet'"
expect 5 sqlferry fmt nowhere

# One of two that cannot be written.
printf 'ferry:  1\nproject: demo\ndialect: sqlite\ninclude: [team/ferry.yaml]\nrevisions: [{id: root, parents: [], up: root.sql}]\n' > ferry.yaml
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 .
chmod u-w team
expect 5 as_nobody sqlferry fmt
has err "team/ferry.yaml': Permission denied"
has ferry.yaml 'ferry:  1'
has team/ferry.yaml 'ferry:   1'

# Two heads are no hindrance. 10,000 revisions.
mkdir many
cd many
begin_manifest sqlite
awk 'BEGIN { print "-   {id: r0, parents: [ ], up: sql/x.sql}"
    for (i = 1; i < 10000; i++) printf "-   up: \"sql/x.sql\"\n    # the %dth\n    id: r%d\n    parents: [ r%d ]\n", i, i, int(i / 2) }' >> ferry.yaml
expect 0 sqlferry fmt
is "$(grep -c '^    # the\|^  # the' ferry.yaml)" 9999
expect 0 sqlferry fmt --check
