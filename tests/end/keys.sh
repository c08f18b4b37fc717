# Secret keys: never overwritten, never readable by others, never wrong in silence.
. "$ROOT/tests/end/lib"

make_project first
make_key team
cp team.key before.key
cp team.pub before.pub
chmod 600 before.key

expect 1 sqlferry keygen team --no-password
has err "'team.key' already exists" 'A key is never overwritten'
same team.key before.key
same team.pub before.pub
rm team.key
expect 1 sqlferry keygen team --no-password
has err "'team.pub' already exists"
missing team.key
mv before.key team.key
ln -s nowhere link.key
expect 1 sqlferry keygen link --no-password
missing nowhere link.pub
expect 5 sqlferry keygen none/team --no-password
has err none/team
missing none
expect 2 sqlferry keygen
has err "'keygen' needs NAME"
expect 5 setsid -w sqlferry keygen silent
has err 'cannot ask for the password on a terminal' '--password-fd' '--no-password'
missing silent.key silent.pub
: > empty
expect 1 sqlferry keygen silent --password-fd 0 < empty
has err 'no password on descriptor 0'
is "$(umask 0 && sqlferry keygen open --no-password > out && stat -c %a open.key)" 600

# A key that others may read.
for mode in 644 640 604 620; do
    chmod $mode team.key
    expect 1 sqlferry build --release 1 --key team.key -o one.ferry
    has err "others have access to secret key 'team.key' (mode 0$mode)" 'Run: chmod 600'
    missing one.ferry
done
chmod 400 team.key
expect 0 sqlferry build --release 1 --key team.key -o one.ferry
chmod 600 team.key

# What is no secret key.
sign='sqlferry sign one.ferry --key'
cp one.ferry before.ferry
expect 1 $sign team.pub
has err "'team.pub' is a public key; signing takes the secret key"
chmod 600 ferry.yaml one.ferry
expect 1 $sign ferry.yaml
has err "'ferry.yaml' is not a minisign secret key"
expect 1 $sign one.ferry
expect 5 $sign none.key
has err "cannot open secret key 'none.key': No such file"
damage_letter 2 150 < team.key > damaged.key
chmod 600 damaged.key
expect 1 $sign damaged.key
has err "secret key 'damaged.key' is damaged"
same one.ferry before.ferry

# Signing again, with this key and another.
expect 1 $sign team.key
has err 'has signed this bundle already'
same one.ferry before.ferry
expect 0 $sign open.key -o two.ferry
has out 'two.ferry: signed by' '2 signatures now'
same one.ferry before.ferry
expect 0 sqlland verify two.ferry --key open.pub
expect 1 sqlferry sign two.ferry --key open.key
expect 2 sqlferry sign two.ferry
has err 'give one of --key, --detach and --attach'
expect 2 sqlferry sign two.ferry --key team.key --detach index

# What is added to an unsigned bundle is the signature alone.
expect 0 sqlferry build --release 1 --created 1770091506 -o unsigned.ferry
expect 0 sqlferry build --release 1 --created 1770091506 --key team.key -o signed.ferry
expect 0 sqlferry sign unsigned.ferry --key team.key
has out '1 signature now'
same unsigned.ferry signed.ferry

# Sixteen and no more.
for i in $(seq 3 16); do
    make_key key$i
    expect 0 sqlferry sign two.ferry --key key$i.key
done
has out '16 signatures now'
cp two.ferry before.ferry
make_key key17
expect 1 sqlferry sign two.ferry --key key17.key
has err 'the bundle has 16 signatures, the most there may be'
same two.ferry before.ferry
expect 0 sqlland verify two.ferry --key key16.pub
expect 3 sqlland verify two.ferry --key key17.pub
