# sqlferry merge makes one head of several, in a manifest that check refuses until then.
. "$ROOT/tests/end/lib"

# The usual case: two people went on from the same head, and git put both into the manifest.
make_project first
revision left 'title: Left' 'parents: [first]' 'down: none' < /dev/null
revision right 'title: Right' 'parents: [first] # not left' 'down: none' < /dev/null
echo 'DROP TABLE third;' > sql/third.down.sql
echo 'CREATE TABLE third (id INTEGER PRIMARY KEY);' |
    revision third 'parents: [first]' 'down: sql/third.down.sql'
expect 1 sqlferry check
cp ferry.yaml before.yaml
expect 1 sqlferry new More
has err "there are 3 heads, and 'left' is one of them" "another head is 'right'" "another head is 'third'"
same ferry.yaml before.yaml

# With a parent, new goes on, and says that there are still several.
expect 0 sqlferry new 'More on the left' --parent left --id left_2 --down none
has err 'still a head: right' '  and a head: third' '  and a head: left_2' 'Next: sqlferry merge'
missing sql/more_on_the_left.down.sql
expect 0 sqlferry heads
is "$(cat out)" 'right  Right
third  
left_2  More on the left'

# Some of them, by the beginning of their ids; then all that are left.
cp ferry.yaml before.yaml
expect 0 sqlferry merge rig left_2 --id some
is "$(sed -n 1p out)" 'revision some after right, left_2'
has err 'still a head: third'
! diff before.yaml ferry.yaml | grep '^<' || fail 'lost lines'
is "$(tail -n 5 ferry.yaml)" '  - id: some
    title: Merge right and left_2
    parents: [right, left_2]
    up: sql/merge_right_and_left_2.sql
    down: sql/merge_right_and_left_2.down.sql'
is "$(cat sql/merge_right_and_left_2.sql)" '-- Revision some merges right and left_2. There is nothing to do.'
is "$(cat sql/merge_right_and_left_2.down.sql)" '-- Revision some merges right and left_2. There is nothing to undo.'
expect 1 sqlferry check
expect 0 sqlferry merge --id all --title 'One again' --json
is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '\$.parents')")" '["third","some"]'
expect 0 sqlferry check
has out 'demo: 7 revisions, 1 root, 1 head, 2 merges'
has out 'findings: 0 errors, 0 warnings'
expect 0 sqlferry heads
is "$(cat out)" 'all  One again'

# It runs, forwards and back over the merge.
build merged
expect 0 upgrade merged.ferry
has out '7 revisions applied, now at all'
expect 0 sqlland downgrade merged.ferry --key team.pub --db shop.db --to some
has out '2 revisions undone, 5 left'

# Nothing to merge, or not these.
cp ferry.yaml before.yaml
expect 1 sqlferry merge
has err 'there is nothing to merge: the graph has one head'
expect 2 sqlferry merge all
expect 1 sqlferry merge left right
has err "revision 'left' has children"
expect 1 sqlferry merge all nobody
has err "there is no revision 'nobody'"
expect 1 sqlferry merge all third --title "$(printf 'a\nb')"
expect 5 sqlferry merge --manifest nowhere
same ferry.yaml before.yaml

# Heads that are listed are replaced where they stand, and comments stay.
mkdir listed
cd listed
begin_manifest sqlite
for name in root a b c; do : > sql/$name.sql; done
cat >> ferry.yaml << 'EOF'
  - {id: root, parents: [], up: sql/root.sql}
  - {id: a, parents: [root], up: sql/a.sql}
  - {id: b, parents: [root], up: sql/b.sql}
  - {id: c, parents: [root], up: sql/c.sql} # the last
heads:
  - a # of team A
  - b
  - c # of team C
EOF
cd ..
expect 0 sqlferry merge a b -m listed --id ab
is "$(sed -n '/^heads/,$p' listed/ferry.yaml)" 'heads:
  - ab # of team A
  - c # of team C'
expect 0 sqlferry check listed
expect 0 sqlferry merge -m listed/ferry.yaml --id abc
is "$(sed -n '/^heads/,$p' listed/ferry.yaml | tr -s ' ')" 'heads:
 - abc # of team A
 # of team C'
has listed/ferry.yaml "  - {id: abc, title: Merge c and ab, parents: [c, ab], up: sql/merge_c_and_ab.sql, down: sql/merge_c_and_ab.down.sql}"
expect 0 sqlferry check listed

# Many heads.
mkdir many
cd many
begin_manifest sqlite
echo '  - {id: root, parents: [], up: sql/x.sql}' >> ferry.yaml
: > sql/x.sql
awk 'BEGIN { for (i = 1; i <= 1024; i++) printf "  - {id: r%d, parents: [root], up: sql/x.sql}\n", i }' >> ferry.yaml
expect 1 sqlferry new More
has err "there are 1024 heads, and 'r1' is one of them" "another head is 'r8'" 'note: there are 1016 more'
expect 0 sqlferry new More --parent r1 --id r0
has err 'still a head: r2' '  and 1016 more' 'Next: sqlferry merge'
expect 0 sqlferry merge --id all
has ferry.yaml 'title: Merge 1024 heads'
expect 0 sqlferry check
