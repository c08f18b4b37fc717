# A bundle whose history is not that of the database: edited scripts are refused by name, additions
# are applied.
. "$ROOT/tests/end/lib"

make_project first second third
build one --sequence 1
expect 0 upgrade one.ferry
cp shop.db before.db

# A revision that was added alone is applied alone.
make_project first second third fourth
build two --sequence 2
expect 0 sqlland plan two.ferry --key team.pub --db shop.db
has out 'shop.db, 3 of 4' '    1  fourth'
expect 0 upgrade two.ferry
has out 'shop.db: 1 revision applied, now at fourth'
expect 0 sqlland history --db shop.db
is "$(wc -l < out)" 4

# A script that was edited after it had been applied.
cp before.db shop.db
applied=$(sqlite3 shop.db "SELECT script FROM sqlferry_ledger WHERE revision = 'second'")
sed -i s/INTEGER/TEXT/ sql/second.sql
build edited --sequence 3
for command in plan 'upgrade --dry-run' upgrade; do
    expect 6 sqlland $command edited.ferry --key team.pub --db shop.db
    has err "revision 'second'" sql/second.sql "ledger  $applied in release 1" \
        'A script that has run somewhere is never edited: add a revision.'
    lacks err "'first'"
    lacks err "'third'"
    is "$(cat out)" ''
    same before.db shop.db
done
expect 6 upgrade edited.ferry --allow-older --allow-expired
same before.db shop.db

# A comment is a byte, too.
sed -i s/TEXT/INTEGER/ sql/second.sql
echo '-- tidied' >> sql/second.sql
build comment --sequence 3
expect 6 upgrade comment.ferry
has err "revision 'second'"

# A revision that was taken out, or put in front of what it should follow.
rm sql/second.sql
make_project first third fourth
build shorter --sequence 3
expect 6 upgrade shorter.ferry
has err "'second'"
make_project first second zero third
build inserted --sequence 3
expect 6 upgrade inserted.ferry
has err "revision 'third' is applied, but its parent 'zero' is not"
same before.db shop.db

# Titles, and the files that scripts are in, may change; so may what follows.
make_project first second third
sed -i 's/    down: none/    title: Something\n    down: none/' ferry.yaml
mv sql scripts
sed -i 's/sql\//scripts\//' ferry.yaml
build moved --sequence 3
expect 0 upgrade moved.ferry
has out 'nothing to do'
same before.db shop.db
