# Files that are missing, empty, of another kind or not allowed: the right status, a message that
# names them, and nothing is made.
. "$ROOT/tests/end/lib"

make_project first
build one
mkdir folder
: > empty.ferry
echo 'This is a letter, and it is longer than the first frame of a bundle would be.' > letter.ferry
head -c 100000 /dev/urandom > random.ferry
printf 'x' > x.ferry
mkfifo pipe
ln -s loop loop
listing()
{
    find . -mindepth 1 ! -name out ! -name err -printf "%p %s %m %T@\n" | sort
}
before=$(listing)

unchanged()
{
    is "$(listing)" "$before"
}

# bundle STATUS FILE MESSAGE
bundle()
{
    for command in 'sqlland verify' 'sqlland plan --db shop.db' 'sqlland upgrade --db shop.db' 'sqlferry verify'; do
        expect "$1" $command "$2" --key team.pub
        has err "error: $3"
        is "$(cat out)" ''
    done
    expect "$1" sqlferry inspect "$2"
    has err "error: $3"
    expect "$1" sqlferry sign "$2" --key team.key
    has err "error: $3"
    unchanged
}
bundle 5 none.ferry "cannot open 'none.ferry': No such file or directory"
bundle 5 folder "cannot read 'folder': not a regular file"
bundle 5 pipe "cannot read 'pipe': not a regular file"
bundle 5 /dev/zero "cannot read '/dev/zero': not a regular file"
bundle 5 loop "cannot open 'loop': Too many levels of symbolic links"
bundle 5 folder/none/one.ferry "cannot open 'folder/none/one.ferry': No such file or directory"
bundle 3 empty.ferry "'empty.ferry' is"
bundle 3 x.ferry "'x.ferry' is"
bundle 3 letter.ferry "'letter.ferry' is not a sqlferry bundle"
bundle 3 random.ferry "'random.ferry' is not a sqlferry bundle"
bundle 3 ferry.yaml "'ferry.yaml' is not a sqlferry bundle"

# database STATUS PATH MESSAGE
database()
{
    expect "$1" sqlland upgrade one.ferry --key team.pub --db "$2"
    has err "error: $3"
    is "$(cat out)" ''
    unchanged
}
database 5 folder "cannot open 'folder': "
database 5 none/shop.db "cannot open 'none/shop.db': No such file or directory"
database 5 loop "cannot open 'loop': Too many levels of symbolic links"
database 5 pipe "cannot open 'pipe': not a regular file"
database 5 /dev/null "cannot open '/dev/null': not a regular file"
database 4 letter.ferry "cannot open 'letter.ferry': file is not a database"
database 2 '' ''
database 2 sqlite: 'the target has no name'
database 2 :memory: 'a database in memory would be gone at the end'
database 2 sqlite::memory: 'a database in memory would be gone at the end'
expect 2 sqlland upgrade one.ferry --key team.pub
has err 'no database is named' 'DATABASE_URL'
for address in "postgresql:///shop?host=$PWD/none" "host=$PWD/none dbname=shop"; do
    expect 5 sqlland upgrade one.ferry --key team.pub --db "$address"
    has err 'psql cannot connect' "$PWD/none"
done
unchanged

# Names that could be taken for something else.
expect 0 sqlland upgrade one.ferry --key team.pub --db ./a=b.db
expect 0 sqlland upgrade one.ferry --key team.pub --db 'file:strange?mode=memory&x.db'
[ -f 'file:strange?mode=memory&x.db' ] || fail 'SQLite took a name for a URI'
expect 0 sqlland upgrade one.ferry --key team.pub --db "$PWD/with a blank's \"quote\".db"
[ -f "with a blank's \"quote\".db" ] || fail 'no such file'
cp one.ferry -- '-o'
expect 0 sqlland verify --key team.pub -- -o
expect 0 sqlland verify --key team.pub ./-o

# An empty file is an empty database.
: > shop.db
expect 0 upgrade one.ferry
has out '1 revision applied'

# What a user without rights may not read or write.
cp shop.db theirs.db
make_project first second
build two
mkdir locked
cp shop.db locked/
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 shop.db locked
chmod 444 shop.db
chmod 666 locked/shop.db
chmod 555 locked
try='sqlland upgrade two.ferry --key team.pub --db'
expect 5 as_nobody $try shop.db
has err "error: cannot open 'shop.db': Permission denied"
expect 5 as_nobody $try locked/new.db
has err "error: cannot open 'locked/new.db': Permission denied"
missing locked/new.db
expect 5 as_nobody $try locked/shop.db
has err 'error: '
is "$(ls locked)" shop.db
same locked/shop.db theirs.db
expect 0 as_nobody sqlland current --db shop.db
has out first
expect 5 as_nobody sqlland plan two.ferry --key team.pub --db shop.db
has out '    1  second' "fault    read-only: cannot write 'shop.db': Permission denied"
expect 0 as_nobody sqlland current --db locked/shop.db
same shop.db theirs.db
chmod 000 shop.db
expect 5 as_nobody sqlland current --db shop.db
has err "cannot open 'shop.db': "
[ "$(id -u)" -ne 0 ] || chown 65534:65534 two.ferry
chmod 000 two.ferry
expect 5 as_nobody sqlland verify two.ferry --key team.pub
has err "cannot open 'two.ferry': Permission denied"
chmod 755 locked
