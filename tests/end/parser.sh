# PostgreSQL's own parser reads the scripts, in check and in build, and the index of a bundle says so.
# A build without the parser accepts them, and its bundles say that.
. "$ROOT/tests/end/lib"

begin_manifest postgresql
revision good 'parents: []' 'down: none' <<'EOF'
CREATE TABLE orders (id bigint, total numeric(12, 2));
EOF
expect 0 sqlferry check --json
version=$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '\$.dialects[0].parser_version')")
expect 0 sqlferry check
if [ -n "$version" ]; then
    has out "postgresql: 1 scripts, 1 statements, parsed as PostgreSQL $version does"
else
    has out 'postgresql: 1 scripts, 1 statements, not parsed: sqlferry was built without libpg_query'
fi
build good
dd if=good.ferry bs=1 skip=8 count="$(first_frame_size good.ferry)" 2> /dev/null > index
if [ -n "$version" ]; then
    has index "pg_query $version"
else
    has index 'without pg_query'
fi

# The error is the server's, at its place, behind a comment and wide characters.
revision bad 'down: none' <<'EOF'
INSERT INTO orders VALUES (1, 2);
SELECT 'äöü' /* € */, total FORM orders /* ; */;
EOF
if [ -z "$version" ]; then
    expect 0 sqlferry check
    exit
fi
expect 1 sqlferry check
cat > expected <<EOF
sql/bad.sql:2:34: error: syntax error at or near "orders"
    2 | SELECT 'äöü' /* € */, total FORM orders /* ; */;
      |                                  ^~~~~~
hint: The parser is that of PostgreSQL $version; if only newer servers know this, say so with 'requires:' in the manifest.
EOF
same err expected
expect 1 sqlferry build --release 1 -o bad.ferry
same err expected
missing bad.ferry

# Servers that are not newer, and servers that are.
echo 'requires: {postgresql: 12}' >> ferry.yaml
expect 1 sqlferry check
sed '$d' expected > without_hint
same err without_hint
sed -i 's/^requires: .*/requires: {postgresql: 99.1}/' ferry.yaml
expect 0 sqlferry check
sed -e 's/ error: / warning: /' -e 's/; if only.*/; make sure that 99.1, which the manifest requires, knows this./' \
    expected > warning
same err warning
has out 'postgresql: 2 scripts, 3 statements'
expect 0 sqlferry build --release 1 -o bad.ferry -q
is "$(cat err)" ''
[ -e bad.ferry ] || fail 'there is no bundle'
