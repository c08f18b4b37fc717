# Keys and signatures are those of minisign, both ways.
. "$ROOT/tests/end/lib"

# cut_out BUNDLE: its index and its first signature, as the manual says.
cut_out()
{
    size=$(od -An -tu4 -j4 -N4 "$1" | tr -d ' ')
    tail -c +9 "$1" | head -c "$size" > index
    tail -c +$((size + 9)) "$1" > rest
    tail -c +9 rest | head -c "$(od -An -tu4 -j4 -N4 rest)" > signature
}

make_key team
make_project first second
build demo

# Ours, verified by minisign.
cut_out demo.ferry
expect 0 minisign -VHm index -x signature -p team.pub
has out 'Signature and comment signature verified'
digest=$(b2sum -l 256 index | cut -d ' ' -f 1)
has out "Trusted comment: sqlferry 1 index $digest"
cp index changed
echo >> changed
expect 1 minisign -VHm changed -x signature -p team.pub

# A key of minisign, in another room: the index goes there, a signature comes back.
expect 0 minisign -G -W -p security.pub -s security.key
expect 0 sqlferry sign demo.ferry --detach demo.index
has out "minisign -S -s KEY -m demo.index -t 'sqlferry 1 index $digest'" '--attach demo.index.minisig'
same demo.index index
expect 0 minisign -S -s security.key -m demo.index -t "sqlferry 1 index $digest"
cp demo.ferry one.ferry
expect 0 sqlferry sign one.ferry --attach demo.index.minisig -o two.ferry --public security.pub
has out 'two.ferry: signed by' '2 signatures now'
same one.ferry demo.ferry

# Both count, and either by itself.
printf 'sqlferry trust 1\nthreshold 2\nkey %s team\nkey %s security\n' \
    "$(tail -1 team.pub)" "$(tail -1 security.pub)" > trust
expect 0 sqlland verify two.ferry --trust trust
has out 'team (valid)' 'security (valid)'
expect 0 sqlland upgrade two.ferry --trust trust --db shop.db
expect 0 sqlland verify two.ferry --key security.pub
has out 'unknown key, not counted' 'security (valid)'
expect 3 sqlland verify demo.ferry --trust trust
has err '1 of 2 needed'
expect 3 sqlland verify demo.ferry --key security.pub

# Another trusted comment, another file or another key is refused, and nothing is written.
expect 0 minisign -S -s security.key -m demo.index -x strange.minisig -t 'looks good'
expect 1 sqlferry sign demo.ferry --attach strange.minisig -o never.ferry
has err "strange.minisig:3:18: error: the trusted comment is 'looks good', but this index needs" \
    "minisign -S -t 'sqlferry 1 index $digest'"
missing never.ferry
echo more > demo.other
expect 0 minisign -S -s security.key -m demo.other -t "sqlferry 1 index $digest"
expect 3 sqlferry sign demo.ferry --attach demo.other.minisig -o never.ferry --public security.pub
has err "'demo.other.minisig' is no signature of this bundle by 'security.pub'"
missing never.ferry
expect 3 sqlferry sign demo.ferry --attach demo.index.minisig -o never.ferry --public team.pub
missing never.ferry
expect 1 minisign -G -W -p security.pub -s security.key
same one.ferry demo.ferry

# Attached unverified, a false signature makes no trusted bundle.
expect 0 sqlferry sign demo.ferry --attach demo.other.minisig -o false.ferry
has err 'was not verified'
expect 3 sqlland verify false.ferry --trust trust
has err 'does not verify'
expect 3 sqlland verify false.ferry --key security.pub

# One key signs once.
expect 1 sqlferry sign two.ferry --attach demo.index.minisig
has err 'has signed this bundle already'
expect 1 sqlferry sign two.ferry --key team.key
has err 'has signed this bundle already'
expect 2 sqlferry build --release 1 --key team.key --key team.key -o never.ferry
missing never.ferry

# minisign's key signs for us, and ours for minisign.
expect 0 sqlferry build --release 1 --key security.key --key team.key -o both.ferry
expect 0 sqlland verify both.ferry --trust trust
echo hello > letter
expect 0 minisign -S -s team.key -m letter
expect 0 minisign -Vm letter -p team.pub
is "$(minisign -R -s team.key -p again.pub > /dev/null && tail -1 again.pub)" "$(tail -1 team.pub)"

# With a password: ours, read from a descriptor, never from the command line.
exec 3> passwords
printf 'correct horse\ncorrect horse\n' >&3
exec 3>&-
expect 0 sqlferry keygen secret --password-fd 3 3< passwords
expect 0 sqlferry build --release 1 --key secret.key -o secret.ferry --password-fd 3 3< passwords
expect 0 sqlland verify secret.ferry --key secret.pub
cut_out secret.ferry
expect 0 minisign -VHm index -x signature -p secret.pub
echo wrong > wrong
expect 1 sqlferry build --release 1 --key secret.key -o never.ferry --password-fd 3 3< wrong
has err "wrong password for secret key 'secret.key'"
missing never.ferry
