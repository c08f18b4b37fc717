# sqlferry new adds a revision to a manifest and touches nothing else; what it makes passes check.
. "$ROOT/tests/end/lib"

# snapshot NAME: all files here, in a folder beside this one.
snapshot()
{
    rm -rf "../$1"
    cp -R . "../$1"
    rm -f "../$1/out" "../$1/err"
}

# unchanged NAME: nothing here differs from the snapshot.
unchanged()
{
    diff -r -x out -x err . "../$1" > ../changes || fail "changed: $(cat ../changes)"
}

# only_added OLD NEW: a diff has nothing but added lines.
only_added()
{
    ! diff "$1" "$2" | grep '^<' || fail "$2 lost lines of $1"
}

# refused STATUS WORD...: the command ends so, and nothing has changed.
refused()
{
    snapshot refused
    expect "$@"
    unchanged refused
}

mkdir work
cd work

# Behind the head of the example: numbers go on, comments stay, and check is content.
cp -R "$ROOT/examples/shop" shop
cd shop
cp ferry.yaml before.yaml
expect 0 sqlferry new 'Find the orders of a customer' --id orders_index
is "$(cat out)" 'revision orders_index after 2ca86f545cee
sql/0017_find_the_orders_of_a_customer.up.sql
sql/0017_find_the_orders_of_a_customer.down.sql
ferry.yaml'
only_added before.yaml ferry.yaml
is "$(tail -n 6 ferry.yaml)" '
  - id: orders_index
    title: Find the orders of a customer
    parents: [2ca86f545cee]
    up: sql/0017_find_the_orders_of_a_customer.up.sql
    down: sql/0017_find_the_orders_of_a_customer.down.sql'
is "$(cat sql/0017*.up.sql)" '-- Revision orders_index: Find the orders of a customer'
expect 0 sqlferry check
has out 'shop: 17 revisions, 1 root, 1 head'
has out 'findings: 0 errors, 0 warnings, 0 of information'

# By lot, an id is 12 characters that nobody takes for a number.
expect 0 sqlferry new 'Another one'
id=$(sed -n 's/^revision \(.*\) after orders_index$/\1/p' out)
echo "$id" | grep -qx '[a-f][0-9a-f]\{11\}' || fail "the id '$id'"

# For one dialect, the other does nothing; from the folder above, told as JSON.
cd ..
expect 0 sqlferry new 'Only here' shop --dialect sqlite --id here --down none --json
is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '\$.files[1]')")" shop/sql/0019_only_here.sqlite.up.sql
is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '\$.parents[0]')")" "$id"
has shop/ferry.yaml '      sqlite: sql/0019_only_here.sqlite.up.sql' '    down: none'
is "$(cat shop/sql/0019_only_here.postgresql.up.sql)" '-- Revision here does nothing on postgresql: Only here'
expect 0 sqlferry check shop
has out 'shop: 19 revisions'
cd shop

# Refused, and nothing has changed.
refused 1 sqlferry new x --id baseline
has err "there is a revision 'baseline' already" 'ferry.yaml:10:9'
refused 1 sqlferry new x --id 'a b'
has err "'a b' cannot be an id"
refused 1 sqlferry new x --parent nobody
has err "there is no revision 'nobody'"
refused 1 sqlferry new x --parent baselin3
has err "Did you mean 'baseline' (ferry.yaml, line 10)?"
refused 1 sqlferry new x --parent b
has err "more than one revision begins with 'b'" "'baseline', 'b90e4a76d351'"
refused 1 sqlferry new x --parent baseline
has err "revision 'baseline' has children" "list the present heads under 'heads:'"
refused 1 sqlferry new x --parent here --parent here
has err "names its parent 'here' twice" 'so the manifest would read; nothing was written'
refused 1 sqlferry new "$(printf 'two\nlines')"
refused 1 sqlferry new "$(printf 'turned \342\200\256')"
refused 1 sqlferry new "$(printf 'bad \377')"
has err 'not one line of characters that can be shown'
refused 1 sqlferry new "$(head -c 1025 /dev/zero | tr '\0' x)"
has err 'the title has 1025 bytes, at most 1024 are allowed'
refused 2 sqlferry new ' '
refused 2 sqlferry new
refused 2 sqlferry new x --down sql/x.sql
refused 2 sqlferry new x --dialect mysql
refused 5 sqlferry new x nowhere

# A script that stands there already is nobody's to replace.
echo mine > sql/0020_taken.down.sql
refused 1 sqlferry new taken --id taken
has err "'sql/0020_taken.down.sql' already exists"
rm sql/0020_taken.down.sql

# Titles with everything in them are read as they were said.
number=0
for title in "it's" 'a: b' '# no comment' '- x' '[a, b]' '{a}' '"q"' 'back\slash' 'null' '~' '50%' '/* */ ; DROP' \
    'ferry: allow drop-table' '../../escape' "$(printf '\303\234ber \350\241\250')" "$(printf '\350\241\250')" ' blank ' '*' '&a' '!t' '|'; do
    number=$((number + 1))
    expect 0 sqlferry new --id "title_$number" -- "$title"
    expect 0 sqlferry show "title_$number"
    is "$(sed -n 's/^title              //p' out)" "$title"
done
expect 0 sqlferry check
has out 'findings: 0 errors, 0 warnings, 0 of information'
missing ../../escape ../escape
cd ..

# Manifests of every shape. What stood there is a part of what stands there, and check is content.
begin='ferry: 1\nproject: demo\ndialect: sqlite\n'
first='id: first, parents: [], up: sql/0001_first.sql'
number=0
while read -r shape; do
    number=$((number + 1))
    mkdir -p shape$number/sql
    (
        cd shape$number
        : > sql/0001_first.sql
        printf "$begin$shape" > ferry.yaml
        cp ferry.yaml before.yaml
        expect 0 sqlferry new 'Second: it' --id second
        expect 0 sqlferry check
        expect 0 sqlferry new Third --id third --parent second --down none
        expect 0 sqlferry check
        only_added_bytes=$(wc -c < before.yaml)
        [ "$(wc -c < ferry.yaml)" -gt "$only_added_bytes" ] || fail 'nothing was added'
        grep -o '# [a-z ]*' before.yaml > comments || true
        grep -o '# [a-z ]*' ferry.yaml > comments.after || true
        same comments comments.after
        case $shape in
        *'- id'*) only_added before.yaml ferry.yaml ;;
        esac
        [ "$(grep -c "$(printf '\r')" ferry.yaml)" -eq 0 ] || [ "$(grep -vc "$(printf '\r')" ferry.yaml)" -eq 0 ] ||
            fail 'line ends are mixed'
    ) || fail "shape $number: $shape"
done << EOF
revisions:\n  - id: first\n    parents: []\n    up: sql/0001_first.sql\n
revisions:\n- id: first\n  parents: []\n  up: sql/0001_first.sql\n# the end\n
revisions: # all\n    -   id: first # the root\n        parents: []\n        # of nobody\n        up: sql/0001_first.sql # it\n        # later more\n\n# the end\n
revisions:\n  - {$first} # it\n
revisions: [{$first}]\n
revisions: [ # all\n  {$first}, # the root\n  # the end\n]\n
revisions: []\n
revisions: [] # none yet\n
revisions:\n
revisions: ~ # none yet\n
# nothing else\n
EOF

# Without a final newline, with CR LF, with a byte-order mark, as JSON.
mkdir -p odd/sql
cd odd
: > sql/0001_first.sql
for shape in "$begin"'revisions:\n  - id: first\n    parents: []\n    up: sql/0001_first.sql' \
    'ferry: 1\r\nproject: demo\r\ndialect: sqlite\r\nrevisions:\r\n  - id: first\r\n    parents: []\r\n    up: sql/0001_first.sql\r\n' \
    '\357\273\277ferry: 1\nproject: demo\ndialect: sqlite\nrevisions:\n- id: first\n  parents: []\n  up: sql/0001_first.sql\n' \
    '{"ferry": 1, "project": "demo", "dialect": "sqlite", "revisions": [{"id": "first", "parents": [], "up": "sql/0001_first.sql"}]}'; do
    rm -f sql/0002*
    printf "$shape" > ferry.yaml
    size=$(wc -c < ferry.yaml)
    cp ferry.yaml before.yaml
    expect 0 sqlferry new Second --id second
    expect 0 sqlferry check
    case $shape in
    {*) is "$(sqlite3 :memory: "SELECT json_extract(readfile('ferry.yaml'), '\$.revisions[1].parents[0]')")" first ;;
    *) head -c "$size" ferry.yaml | cmp - before.yaml ;;
    esac
    case $shape in
    *'\r'*) is "$(grep -vc "$(printf '\r')" ferry.yaml)" 0 ;;
    esac
done
cd ..

# Included files: the one that holds the head gets it, with paths as seen from there; `heads:` of the
# manifest follows. Several heads are listed, and wait for a word.
mkdir -p teams/billing/sql teams/stock
cd teams
printf 'ferry: 1\nproject: demo\ndialect: sqlite\nheads: [billing_1, stock_1] # one a team\ninclude: [billing/ferry.yaml, stock/ferry.yaml]\nrevisions:\n  - id: base\n    parents: []\n    up: base.sql\n' > ferry.yaml
printf 'ferry: 1\nrevisions:\n  - id: billing_1\n    parents: [base]\n    up: sql/0001_bills.up.sql\n' > billing/ferry.yaml
printf 'ferry: 1\nrevisions:\n  - id: stock_1\n    parents: [base]\n    up: ../stock/1-goods.sql\n' > stock/ferry.yaml
: > base.sql
: > billing/sql/0001_bills.up.sql
: > stock/1-goods.sql
refused 1 sqlferry new More
has err "there are 2 heads, and 'billing_1' is one of them" "another head is 'stock_1'" "'--parent ID'" 'billing/ferry.yaml:3:9'
cp stock/ferry.yaml before.yaml
expect 0 sqlferry new 'More goods' --parent stock_1 --id stock_2 .
is "$(cat out)" 'revision stock_2 after stock_1
stock/2-more_goods.sql
stock/2-more_goods.down.sql
stock/ferry.yaml
ferry.yaml'
only_added before.yaml stock/ferry.yaml
has ferry.yaml 'heads: [billing_1, stock_2] # one a team'
has stock/ferry.yaml '    up: 2-more_goods.sql'
expect 0 sqlferry check
# A branch, where heads are listed.
expect 0 sqlferry new 'A branch' --parent base --id branch
has ferry.yaml 'heads: [billing_1, stock_2, branch] # one a team' '    up: a_branch.sql'
expect 0 sqlferry check
expect 0 sqlferry new 'All' --parent branch --parent billing_1 --id all
has ferry.yaml 'heads: [all, stock_2] # one a team'
expect 0 sqlferry check
cd ..

# What only the whole manifest can tell is said of it as it would be.
mkdir -p kept
cd kept
printf "${begin}alembic: keep\nrevisions: []\n" > ferry.yaml
refused 1 sqlferry new First --id a_name_that_is_too_long_for_alembic
has err 'ferry.yaml:6:9: error: the id has 35 characters' 'note: so the manifest would read; nothing was written'
cd ..

# A folder of scripts that leads out of the manifest's is not written to.
mkdir -p outside linked
cd linked
ln -s ../outside sql
printf "${begin}revisions: []\n" > ferry.yaml
refused 1 sqlferry new First
has err "path 'sql/0001_first.up.sql' leaves the folder of the manifest"
is "$(ls ../outside)" ''
# The manifest may be a link; it stays one.
rm sql
mv ferry.yaml real.yaml
ln -s real.yaml ferry.yaml
chmod 640 real.yaml
expect 0 sqlferry new First --id first
[ -L ferry.yaml ] || fail 'the link is gone'
is "$(stat -c %a real.yaml)" 640
expect 0 sqlferry check
cd ..

# A folder that cannot be written to; scripts that can be written, but not the manifest.
mkdir -p rights
cd rights
make_project first
cp -R . ../given
chmod -R a+rX ..
as_nobody true
expect 5 as_nobody sqlferry new Second
has err "cannot write 'sql/" 'Permission denied'
chmod a+w sql
expect 5 as_nobody sqlferry new Second
has err "/ferry.yaml': Permission denied"
rm -rf bin out err
diff -r . ../given
cd ..

# 10,000 revisions.
mkdir -p many/sql
cd many
: > sql/x.sql
awk 'BEGIN { print "ferry: 1\nproject: demo\ndialect: sqlite\nrevisions:\n- {id: r0, parents: [], up: sql/x.sql}"
    for (i = 1; i < 10000; i++) printf "- {id: r%d, up: sql/x.sql} # the %dth\n", i, i }' > ferry.yaml
cp ferry.yaml before.yaml
expect 0 sqlferry new 'One more' --id more
only_added before.yaml ferry.yaml
is "$(diff before.yaml ferry.yaml | grep -c '^>')" 1
expect 0 sqlferry history
is "$(tail -n 1 out)" '10001  more (r9999)  One more'

# Behind what another tool has made, that tool makes the next one.
mkdir -p flyway/sql
echo 'CREATE TABLE a (i int);' > flyway/sql/V1__a.sql
printf 'ferry: 1\nproject: p\ndialect: sqlite\nrevisions: {layout: flyway, path: sql}\n' > flyway/ferry.yaml
cp flyway/ferry.yaml before.yaml
expect 1 sqlferry new more flyway
has err "'sql/V1__a.sql' was made by another tool, and so must be what follows it"
same flyway/ferry.yaml before.yaml
is "$(ls flyway flyway/sql)" "$(printf 'flyway:\nferry.yaml\nsql\n\nflyway/sql:\nV1__a.sql')"
