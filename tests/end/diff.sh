# diff tells a reviewer what a bundle changes, and what a host that has the older one makes of it.
. "$ROOT/tests/end/lib"

make_key team
make_key second

# line TEXT...: each is a line of the output.
line()
{
    for text; do
        grep -qxF -e "$text" out || fail "no line: $text"
    done
}

# compared OPTION...: old.ferry with new.ferry, by the key.
compared()
{
    expect 0 sqlferry diff old.ferry new.ferry --key team.pub "$@"
}

# Of one manifest twice: nothing.
make_project a b c d e
build old --sequence 1 --created 1000000000
build new --sequence 1 --created 1000000000
compared --exit-code
line 'old        old.ferry' 'new        new.ferry' '0 added, 0 changed, 0 removed, 0 reordered'
is "$(wc -l < out)" 8
number=$(sed -n 's/^key        \([0-9A-F]*\) team (valid) signed both$/\1/p' out)
is ${#number} 16
digest=$(sqlferry verify new.ferry --key team.pub | sed -n 's/^bundle     //p')
is "$(grep -cx "bundle     $digest" out)" 2
compared --sql --exit-code
is "$(cat out)" ''

# Some of everything.
sed -i s/INTEGER/TEXT/ sql/b.sql
echo 'SELECT 1;' > sql/v.sql
make_project a b x d c f
sed -i 's/id: d$/id: d\n    title: Some thing\n    verify: sql\/v.sql/' ferry.yaml
sqlferry build --release 2 --sequence 3 --created 1000000000 --not-after 9000000000 --key team.key \
    --key second.key -o new.ferry > /dev/null
second=$(sqlferry verify new.ferry --key second.pub | sed -n 's/^signature  \(.*\) second (valid)/\1/p')
compared
line 'release    1 -> 2' 'sequence   1 -> 3' 'expires    never -> 2255-03-14T16:00:00Z' \
    "key        $number team (valid) signed both" \
    "key        $second - (unknown key, not counted) signed NEW, not OLD"
sed -n '/^removed/,$p' out | sed 's/ [0-9a-f]\{12\}\( \|$\)/ DIGEST\1/g' > told
cat > wanted << 'END'
removed      5  e
                removed after release: a host that has it refuses NEW
changed      2  b
                up         41 bytes DIGEST -> 38 bytes DIGEST
                changed after release: a host that has it refuses NEW
changed      4  d  Some thing
                title      none -> Some thing
                parents    c -> x
                verify     absent -> 10 bytes DIGEST
                place      behind 'c' -> behind 'x'
                changed after release: a host that has it refuses NEW
changed      5  c
                parents    b -> d
                changed after release: hosts may differ in it
added        3  x
                a host that has 'd' runs it behind that
added        6  f
after release: 4 revisions of OLD changed, removed or reordered
a host that has applied OLD refuses NEW
2 added, 3 changed, 1 removed, 1 reordered
END
same told wanted

# Without a key every line says that nobody verified it, and says the same but for that.
cp out verified
expect 0 sqlferry diff old.ferry new.ferry
! grep -vn '^unverified: ' out || fail 'not labelled'
sed 's/^unverified: //' out > unverified
grep -v '^key' verified > a
grep -v '^key' unverified > b
same a b
line "unverified: key        $number claims to have signed both" \
    "unverified: key        $second claims to have signed NEW, not OLD"

# The scripts, whole: what went, then NEW in its order.
compared --sql
cat > wanted << 'END'
=== up of revision e
--- OLD sql/e.sql
+++ /dev/null
@@ -1 +0,0 @@
-CREATE TABLE e (id INTEGER PRIMARY KEY);
=== up of revision b
--- OLD sql/b.sql
+++ NEW sql/b.sql
@@ -1 +1 @@
-CREATE TABLE b (id INTEGER PRIMARY KEY);
+CREATE TABLE b (id TEXT PRIMARY KEY);
=== up of revision x
--- /dev/null
+++ NEW sql/x.sql
@@ -0,0 +1 @@
+CREATE TABLE x (id INTEGER PRIMARY KEY);
=== verify of revision d: Some thing
--- /dev/null
+++ NEW sql/v.sql
@@ -0,0 +1 @@
+SELECT 1;
=== up of revision f
--- /dev/null
+++ NEW sql/f.sql
@@ -0,0 +1 @@
+CREATE TABLE f (id INTEGER PRIMARY KEY);
END
same out wanted
expect 0 sqlferry diff old.ferry new.ferry --sql
sed 's/^/-- unverified: /' wanted > labelled
same out labelled

compared --json
is "$(wc -l < out)" 1
json()
{
    is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '$1')")" "$2"
}
json '$.verified' 1
json '$.new.bundle' "$(sqlferry verify new.ferry --key team.pub | sed -n 's/^bundle     //p')"
json '$.fields[0].field' release
json '$.fields[1].old' 1
json '$.fields[1].new' 3
json '$.keys[0].key' "$number"
json '$.keys[0].name' team
json '$.keys[1].old' 0
json '$.keys[1].new' 1
json '$.keys[1].counts' 0
json '$.added[0].id' x
json '$.added[0].in_front_of' d
json '$.added[1].in_front_of' ''
json '$.changed[0].fields[0].field' up
json '$.changed[1].fields[1].new' '["x"]'
json '$.changed[1].reordered' 1
json '$.changed[1].old_position' 4
json '$.changed[2].refused' 0
json '$.changed[2].after_release' 1
json '$.removed[0].id' e
json '$.removed[0].position' 5
for count in 'added 2' 'changed 3' 'removed 1' 'reordered 1' 'after_release 4'; do
    json "\$.${count% *}_count" "${count#* }"
done
json '$.refused' 1
expect 0 sqlferry diff old.ferry new.ferry --json
json '$.verified' 0
json '$.keys[0].name' ''

# What is said of hosts is what they do. told STATUS TEXT...: what diff --exit-code ends with and
# says, and whether a host that has old.ferry takes new.ferry: it does unless the status is 6 and
# the text says that it does not.
told()
{
    wanted_status=$1
    shift
    expect "$wanted_status" sqlferry diff old.ferry new.ferry --key team.pub --exit-code
    for text; do
        has out "$text"
    done
    cp out text
    cp err complaint
    cp applied.db shop.db
    if grep -q 'refuses NEW' text; then
        expect 6 upgrade new.ferry
    else
        expect 0 upgrade new.ferry
    fi
    mv text out
    mv complaint err
}

rm -r sql
make_project a b c d e
build old --sequence 2
expect 0 upgrade old.ferry
cp shop.db applied.db

# changed SED: the manifest of old.ferry, with this done to it, is new.ferry.
changed()
{
    make_project a b c d e
    sed -i "$1" ferry.yaml
    build new --sequence 2
}

changed 's/id: c/id: c\n    title: Third/'
told 1 '                title      none -> Third' '0 added, 1 changed, 0 removed, 0 reordered'
lacks out 'after release'
has err 'error: the bundles differ'
mkdir moved && cp sql/c.sql moved/c.sql
changed 's/up: sql\/c/up: moved\/c/'
told 1 '                up path    sql/c.sql -> moved/c.sql'
lacks out 'after release'
printf '\357\273\277' | cat - sql/c.sql > moved/c.sql
changed 's/up: sql\/c/up: moved\/c/'
told 1 '                up source  '
lacks out 'after release'
cp sql/a.sql a.sql
echo '-- tidied' >> sql/a.sql
changed ''
told 6 'changed      1  a' 'changed after release: a host that has it refuses NEW'
has err 'error: a host that has applied OLD refuses NEW'
mv a.sql sql/a.sql
echo 'SELECT 1;' > sql/v.sql
for change in 's/id: c/id: c\n    verify: sql\/v.sql/' 's/id: e/id: e\n    idempotent: true/' \
    's/id: e/id: e\n    foreign_keys: off/' \
    '$s/none/sql\/v.sql\n    allow: [down-leaves-object]/' '$d' 's/parents: \[d\]/parents: [d, b]/'; do
    changed "$change"
    told 6 'changed after release: hosts may differ in it' 'after release: 1 revision of OLD changed, removed or reordered' \
        '0 added, 1 changed, 0 removed, 0 reordered'
    has err 'error: OLD was changed after release'
    lacks out refuses
done
make_project a b c d
build new --sequence 2
told 6 'removed      5  e' 'removed after release: a host that has it refuses NEW'
make_project a b x c d e
build new --sequence 2
told 6 "changed      4  c" '                parents    b -> x' 'a host that has it refuses NEW'
make_project a b c d e f
build new --sequence 2
told 1 'added        6  f' '1 added, 0 changed, 0 removed, 0 reordered'
has err 'error: the bundles differ'
lacks out after
changed ''
build new --sequence 1
told 6 'sequence   2 -> 1' 'a host that has applied OLD refuses NEW'
changed 's/project: demo/project: other/'
told 6 'project    demo -> other' 'a host that has applied OLD refuses NEW'
changed 's/sqlite/postgresql/'
told 6 'dialect    sqlite -> postgresql' 'a host that has applied OLD refuses NEW' \
    '0 added, 0 changed, 0 removed, 0 reordered'

# Branches: one put in between moves none, and runs later where the others have run already.
branches()
{
    begin_manifest sqlite
    revision a 'parents: []' 'down: none' < /dev/null
    for name; do
        echo "CREATE TABLE $name (id INTEGER);" | revision "$name" 'parents: [a]' 'down: none'
    done
    revision z "parents: [b, c, d]" 'down: none' < /dev/null
    [ $# -eq 3 ] || echo 'heads: [z, x]' >> ferry.yaml
}
rm shop.db
branches b c d
build old --sequence 2
expect 0 upgrade old.ferry
cp shop.db applied.db
branches b x c d
build new --sequence 2
told 1 "added        3  x" "                a host that has 'c' runs it behind that" \
    '1 added, 0 changed, 0 removed, 0 reordered'
is "$(sqlland history --db shop.db | sed -n '$s/.* applied *\([a-z]\) .*/\1/p')" x
branches d c b
build new --sequence 2
told 6 'reordered    3  c' "                place      behind 'b' -> behind 'd'" \
    'reordered after release: hosts may differ in it' '0 added, 0 changed, 0 removed, 2 reordered'

# Keys alone: the same index, another signature.
branches b c d
build old --sequence 2 --created 1000000000
expect 0 sqlferry sign old.ferry --key second.key -o new.ferry
told 1 "key        $number team (valid) signed both" \
    "key        $second - (unknown key, not counted) signed NEW, not OLD"
has err 'error: the bundles differ'
expect 1 sqlferry diff new.ferry old.ferry --exit-code
line "unverified: key        $second claims to have signed OLD, not NEW" \
    'unverified: 0 added, 0 changed, 0 removed, 0 reordered'
expect 0 sqlferry build --release 1 --sequence 2 --created 1000000000 -o none.ferry
expect 0 sqlferry diff none.ferry none.ferry --exit-code
line 'unverified: key        none signed either'
printf 'sqlferry trust 1\nthreshold 1\nkey %s one\nkey %s two\n' \
    "$(tail -n 1 team.pub)" "$(tail -n 1 second.pub)" > both.trust
expect 0 sqlferry diff old.ferry new.ferry --trust both.trust
line "key        $number one (valid) signed both" "key        $second two (valid) signed NEW, not OLD"

# Packed in another way: another bundle, and nothing in it is another.
build new --sequence 2 --created 1000000000 --level 19
cmp -s old.ferry new.ferry && fail 'level 19 packs as level 3'
told 1 'chunks     packed in another way' '0 added, 0 changed, 0 removed, 0 reordered'

# What is not as it should be.
make_project a b
build old
make_project a b c
build new
for options in '' --json --sql; do
    for name in old new; do
        wrong=$(echo $name | tr a-z A-Z)
        expect 3 sqlferry diff old.ferry new.ferry --key second.pub $options
        has err 'note: the bundle is OLD' "'old.ferry'"
        is "$(cat out)" ''
        cp $name.ferry good.ferry
        size=$(stat -c %s $name.ferry)

        # A byte of a chunk.
        { head -c $((size - 60)) good.ferry; printf x; tail -c 59 good.ferry; } > $name.ferry
        expect 3 sqlferry diff old.ferry new.ferry --key team.pub $options
        has err "note: the bundle is $wrong, '$name.ferry'"
        is "$(cat out)" ''

        # One of the index, and one too few.
        { head -c 20 good.ferry; printf '\001'; tail -c $((size - 21)) good.ferry; } > $name.ferry
        expect 3 sqlferry diff old.ferry new.ferry $options
        has err "note: the bundle is $wrong, '$name.ferry'"
        is "$(cat out)" ''
        head -c $((size - 1)) good.ferry > $name.ferry
        expect 3 sqlferry diff old.ferry new.ferry $options
        is "$(cat out)" ''
        cp good.ferry $name.ferry
    done
    expect 5 sqlferry diff nowhere.ferry new.ferry $options
    has err "'nowhere.ferry'" 'No such file'
    expect 5 sqlferry diff old.ferry nowhere.ferry $options
    has err "'nowhere.ferry'" 'No such file'
done
build bare --no-rehearsal
size=$(stat -c %s bare.ferry)
{ head -c $((size - 60)) bare.ferry; printf x; tail -c 59 bare.ferry; } > bad.ferry
expect 3 sqlferry diff old.ferry bad.ferry --sql
has err 'bad.ferry'

build old --created 1000000000 --not-after 1000000001
expect 3 sqlferry diff old.ferry new.ferry --key team.pub
has err 'the bundle expired at 2001-09-09T01:46:41Z' "note: the bundle is OLD, 'old.ferry'"
compared --allow-expired
line 'expires    2001-09-09T01:46:41Z -> never'

expect 2 sqlferry diff
has err "'diff' needs OLD NEW"
expect 2 sqlferry diff old.ferry
expect 2 sqlferry diff old.ferry new.ferry third.ferry
has err "unexpected argument 'third.ferry'"
expect 2 sqlferry diff old.ferry new.ferry --sql --json
has err 'give one of --sql and --json'
expect 2 sqlferry diff old.ferry new.ferry --allow-expired
has err "'--allow-expired' goes with --key or --trust"
expect 2 sqlferry diff old.ferry new.ferry --key team.pub --trust both.trust
has err 'give either --key or --trust'
is "$(cat out)" ''

# What comes from a bundle, or from whoever named it, does not steer the terminal, nor does a carriage
# return begin a line that says something else. What the compiler refuses, others may have signed.
forge=$(dirname "$(command -v sqlferry)")/tests/end/forge
esc=$(printf '\033')
printf 'SELECT 1; -- \033[31m \342\200\256 \302\233 \007\177\n-- a\r+SELECT 2;\n' > sql/b.sql
"$forge" team.key old.ferry sqlite sql/b.sql
printf 'SELECT 1;\n' > sql/b.sql
"$forge" team.key new.ferry sqlite sql/b.sql
cp old.ferry "old$esc[31m.ferry"
expect 0 sqlferry diff "old$esc[31m.ferry" new.ferry
lacks out "$esc"
line 'unverified: old        old\x1B[31m.ferry'
expect 0 sqlferry diff old.ferry new.ferry --sql
is "$(tr -d '\n -~' < out)" ''
line '-- unverified: -SELECT 1; -- \x1B[31m \u{202E} \u{009B} \x07\x7F' \
    '-- unverified: --- a\x0D+SELECT 2;'

# Edits by lot, as diff -u tells them: lines added, removed and replaced, with and without a LF at
# the end. A line stands once in a script, so that there is one shortest way.
mkdir was is
lot=$(date +%N)
names=$(seq -f 'r%g' 40)
for name in $names; do
    awk -v seed="${name#r}$lot" -v was="was/$name.sql" -v is="is/$name.sql" 'BEGIN {
        srand(seed)
        count = int(rand() * 80)
        rate = rand() * rand()
        for (i = 0; i < count; i++) {
            line = "SELECT " i ";"
            lot = rand() / (rate + 0.01)
            printf "%s%s", i ? "\n" : "", line > was
            if (lot > 1) { printf "%s%s", kept++ ? "\n" : "", line > is }
            else if (lot > 0.6) printf "%sSELECT %d;\nSELECT %d;", kept++ ? "\n" : "", i + 1000, i + 2000 > is
            else if (lot > 0.3) printf "%sSELECT %d;", kept++ ? "\n" : "", i + 3000 > is
        }
        if (rand() < 0.7) printf "\n" > was
        if (rand() < 0.7) printf "\n" > is
    }'
    touch was/$name.sql is/$name.sql
done
for side in was is; do
    rm -rf sql
    cp -r $side sql
    make_project $names
    build $side
done
expect 0 sqlferry diff was.ferry is.ferry --key team.pub --sql
for name in $names; do
    awk -v heading="=== up of revision $name" '/^===/ { on = $0 == heading } on' out | tail -n +4 > ours
    diff -u was/$name.sql is/$name.sql | tail -n +3 > theirs || true
    cmp ours theirs || fail "seed $lot, $name: $(cat ours theirs)"
done
is "$(grep -c '^===' out)" "$(for name in $names; do cmp -s was/$name.sql is/$name.sql || echo; done | wc -l)"

# Many revisions.
names=$(seq -f 'r%g' 2000)
rm -rf sql
make_project $names
build old --no-rehearsal
sed -i s/INTEGER/TEXT/ sql/r*0.sql
make_project r2001 $names r2002
build new --no-rehearsal
compared
line '2 added, 201 changed, 0 removed, 0 reordered'
compared --sql
is "$(grep -c '^===' out)" 202
