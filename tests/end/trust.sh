# Trust files: roles, keys that were good once, and the succession of versions.
. "$ROOT/tests/end/lib"

for name in a b c d e; do
    make_key $name
done

# trust FILE VERSION LINE...: "key a WORDS" stands for the key of a.pub.
trust()
{
    file=$1 version=$2
    shift 2
    printf 'sqlferry trust 1\nversion %s\n' "$version" > $file
    printf '%s\n' "$@" | while read -r word name rest; do
        case $word in
        key) echo "key $(tail -1 $name.pub) $name $rest" ;;
        revoked) echo "revoked $(tail -1 $name.pub) $rest" ;;
        *) echo "$word $name" ;;
        esac
    done >> $file
    rm -f $file.minisig
}

# sign FILE KEY...
sign()
{
    signed=$1
    shift
    for name; do
        expect 0 sqlferry sign $signed --key $name.key
    done
}

update='sqlland trust update --trust trust'
check='sqlland trust check --trust trust'

# refused STATUS FILE TEXT...: neither in words nor on the disk, and nothing is left behind.
refused()
{
    refusal=$1 refused=$2
    shift 2
    cp trust before
    ls > names
    for command in "$check" "$update"; do
        expect "$refusal" $command "$refused"
        has err "$@"
        same trust before
        is "$(ls)" "$(cat names)"
    done
}

# What bundles it lets in.
make_project first
expect 0 sqlferry build --release 1 --sequence 7 --key a.key --key b.key -o seven.ferry
expect 0 sqlferry build --release 2 --sequence 8 --key a.key --key b.key -o eight.ferry
verify='sqlland verify --trust trust'
trust trust 1 'threshold 2' 'key a role=apply' 'key b'
expect 0 $verify seven.ferry
has out 'a (valid)' 'b (valid)'
trust trust 1 'threshold 1' 'key a role=trust' 'key b'
expect 0 $verify seven.ferry
has out 'a (key of another role, not counted)' 'b (valid)'
trust trust 1 'threshold 2' 'key a role=trust' 'key b' 'key c'
expect 3 $verify seven.ferry
has err '1 of 2 needed trusted keys have signed the bundle' "key 'a'" 'has another role'
trust trust 1 'threshold 1' 'key a project=other' 'key b'
expect 0 $verify seven.ferry
has out 'a (key of other projects, not counted)' 'b (valid)'
trust trust 1 'threshold 2' 'key a' 'key b' 'key c' 'revoked b last-good=7'
expect 0 $verify seven.ferry
has out 'b (valid)'
expect 3 $verify eight.ferry
has err '1 of 2 needed trusted keys have signed for project' 'is revoked for all behind sequence 7'
missing shop.db
expect 3 sqlland upgrade eight.ferry --trust trust --db shop.db
missing shop.db

# What is shown of a key is what it still counts for.
trust trust 1 'threshold 1' 'key a' 'key b project=demo project=shop' 'key c' 'key d' 'key e role=apply' \
    'revoked c' 'revoked d last-good=7'
expect 0 sqlland trust show --trust trust
is "$(sed -n 's/^\(key\|revoked\)  *[0-9A-F]* /\1 /p' out)" 'key a  bundles  trust files
key b  bundles of demo, shop
revoked c
revoked d  bundles  up to sequence 7
key e  bundles'

# Signing one, with sqlferry and with minisign.
trust trust 1 'threshold 1' 'trust-threshold 2' 'key a' 'key b' 'key c role=apply'
trust new 2 'threshold 1' 'trust-threshold 2' 'key a' 'key b' 'key d' 'revoked c'
refused 3 new "'new' is not signed: there is no 'new.minisig'" 'sqlferry sign'
sign new a
has out 'new.minisig: signed by' '1 signature now' 'version 2, digest' 'short '
digest=$(b2sum -l 256 new | cut -d ' ' -f 1)
has out "$digest"
expect 0 minisign -V -H -m new -p a.pub
has out "sqlferry 1 trust $digest"
refused 3 new '1 of 2 needed trusted keys have signed the trust file' "key 'a'"
expect 1 sqlferry sign new --key a.key
has err 'has signed this trust file already'
expect 0 minisign -S -s b.key -x by-b -t "sqlferry 1 trust $digest" -m new
cat by-b >> new.minisig
expect 0 $check new
has out 'version     2' 'may follow  version 1, trust'
lacks out 'in force'
missing trust.1 trust.2.minisig

# Signatures that are none: of another text, of other words, of strangers, twice, cut off.
cp new.minisig good
sed 's/^key/key /' new > other
cp good other.minisig
refused 3 other 'the trusted comment is' '-m FILE -x OTHER.minisig'
expect 1 sqlferry sign other --key d.key
has err "where 'other.minisig' belongs to another text"
rm other other.minisig
index=$(sed 's/sqlferry 1 trust/sqlferry 1 index/' good)
printf '%s\n' "$index" > new.minisig
refused 3 new 'this trust file needs'
expect 0 minisign -S -s a.key -x new.minisig -t "sqlferry 1 index $digest" -m new
refused 3 new "the trusted comment is 'sqlferry 1 index" 'this trust file needs'
expect 0 minisign -S -l -s a.key -x new.minisig -t "sqlferry 1 trust $digest" -m new
refused 3 new "the signature is of the legacy kind 'Ed'"
head -4 good > new.minisig
head -4 good >> new.minisig
refused 3 new 'has signed the trust file twice'
: > new.minisig
refused 3 new 'the signature ends before line 1 of 4'
head -6 good > new.minisig
refused 3 new 'the signature ends before line 3 of 4'
damage_letter 2 40 < good > new.minisig
refused 3 new "the signature of key 'a'" 'does not verify'
rm new.minisig
sign new c d e
refused 3 new '0 of 2 needed trusted keys' 'has another role' 'is not among the trusted keys'
cp good new.minisig

# The update: what was in force is kept, and so are the signatures.
cp trust first
mode=$(stat -c %a trust)
expect 0 $update new
has out 'in force    trust; version 1 is kept as trust.1'
same trust new
same trust.1 first
same trust.2.minisig good
is "$(stat -c %a trust)" "$mode"
expect 0 $update new
has err "'new' is in force already: version 2"
expect 0 sqlland trust show --trust trust
has out 'version     2' "digest      $digest" 'bundles     1 of 3 must sign' 'trust files 2 of 3 must sign' \
    'revoked     '
expect 0 sqlland trust show new --json
has out '"version":2' "\"digest\":\"$digest\"" '"trust_threshold":2' '"revoked":true'
expect 2 sqlland verify seven.ferry --trust trust --key a.pub

# An update that was cut off between its steps goes on; what is not the old one is not overwritten.
cp first trust
expect 0 $update new
same trust new
cp first trust
echo other > trust.1
expect 1 $update new
has err "'trust.1' already exists" 'move the other away'
same trust first
cp first trust.1

# Back, again, and over a version: none of them follows.
cp new trust
refused 3 trust.1 'version 1 of' 'cannot follow version 2' 'Nothing goes back'
trust again 2 'threshold 1' 'key a' 'key b'
sign again a b
refused 3 again 'version 2 of' 'cannot follow version 2'
trust far 4 'threshold 1' 'key a' 'key b'
sign far a b
refused 3 far 'version 4 of' 'cannot follow version 2' 'install version 3'

# Both thresholds: enough for the old one alone, for the new one alone, for both.
trust third 3 'threshold 1' 'trust-threshold 2' 'key d' 'key e'
sign third a b
refused 3 third '0 of 2 needed trusted keys have signed the trust file' "are those in 'third'"
rm third.minisig
sign third e d
refused 3 third '1 of 2 needed trusted keys have signed the trust file' "are those in 'trust'"
sign third a
expect 0 $update third
has out 'version 2 is kept as trust.2'

# A key that was taken out may come back; one that is revoked in the file in force does not count.
trust fourth 4 'threshold 1' 'trust-threshold 2' 'key d' 'key e' 'key c' 'revoked d'
sign fourth d e
refused 3 fourth '1 of 2 needed trusted keys' 'is revoked'
sign fourth c
expect 0 $update fourth
trust fifth 5 'threshold 1' 'trust-threshold 2' 'key c' 'key d' 'key e'
sign fifth d e
refused 3 fifth '1 of 2 needed trusted keys' "are those in 'trust'" 'is revoked'
sign fifth c
expect 0 $update fifth

# Who no trusted key may sign for stays as it is.
trust trust 1 'threshold 1' 'key a role=apply' 'key b project=demo'
expect 0 sqlland trust check --trust trust
has err 'this one can be replaced by hand only'
trust new 2 'threshold 1' 'key a'
sign new a b
has err 'does not name this key for trust files'
refused 3 new '0 of 1 needed trusted keys have signed the trust file' 'has another role'

# Fifty versions, each signed by the keys of two.
rm -f trust*
trust trust 1 'threshold 1' 'key a'
keys='a b c d e' by=a
for version in $(seq 2 50); do
    next=$(echo $keys | cut -d ' ' -f $((version % 5 + 1)))
    trust v$version $version 'threshold 1' "key $next"
    sign v$version $by
    [ $next = $by ] || sign v$version $next
    expect 0 $update v$version
    by=$next
done
same trust v50
is "$(ls trust.*.minisig | wc -l)" 49
refused 3 v49 'version 49 of' 'cannot follow version 50'

# Cut off, or without room, at any call that writes: one of the two is in force, whole, and the next
# update goes on.
trust v51 51 'threshold 1' "key $by"
sign v51 $by
export ASAN_OPTIONS=detect_leaks=0 # which cannot be told under strace
mkdir faults
for fault in error=ENOSPC signal=KILL; do
    for call in openat flock write fsync fchmod rename renameat2; do
        count=1 fired=yes
        while [ -n "$fired" ]; do
            rm -f faults/*
            cp v50 faults/trust
            status=0
            strace -qq -o trace -e trace=$call -e inject=$call:$fault:when=$count \
                sqlland trust update v51 --trust faults/trust > out 2> err || status=$?
            grep -q -e INJECTED -e 'killed by SIGKILL' trace || fired=
            if cmp -s faults/trust v51; then
                same faults/trust.50 v50
            else
                [ $status -ne 0 ] || fail "$fault at $call $count: status 0, but nothing changed"
                same faults/trust v50
            fi
            [ $status -eq 0 ] || expect 0 sqlland trust update v51 --trust faults/trust
            same faults/trust v51
            same faults/trust.50 v50
            count=$((count + 1))
        done
        [ $count -gt 2 ] || fail "$call was never called"
    done
done

# The mode and the group of the trust file are those of all that takes its place or stays beside it.
chgrp "$(id -g)" v50
for mode in 600 640 444; do
    for mask in 022 077; do
        rm -rf modes
        mkdir modes
        cp v50 modes/trust
        chmod $mode modes/trust
        [ "$(id -u)" -ne 0 ] || chgrp 65534 modes/trust
        group=$(stat -c %g modes/trust)
        (umask $mask && expect 0 sqlland trust update v51 --trust modes/trust)
        is "$(stat -c '%n %a %g' modes/*)" "modes/trust $mode $group
modes/trust.50 $mode $group
modes/trust.51.minisig $mode $group"
    done
done

# Two at once, of two files that may both follow: one is installed, and what lies beside it is its own.
# The first waits between reading the file in force and taking the lock.
sed 's/^key/# another\n&/' v51 > other
sign other $by
rm -rf race
mkdir race
cp v50 race/trust
strace -qq -o trace -e trace=openat,flock -e inject=flock:delay_enter=2000000 \
    sqlland trust update v51 --trust race/trust > first.out 2> first.err &
first=$!
within 30 grep -q v51.minisig trace || fail 'the first update did not begin'
second=0
sqlland trust update other --trust race/trust > second.out 2> second.err || second=$?
winner=other loser=first
wait $first && winner=v51 loser=second
[ $winner = v51 ] || [ $second -eq 0 ] || fail 'neither was installed'
[ $winner = other ] || [ $second -ne 0 ] || fail 'both were installed'
same race/trust $winner
same race/trust.50 v50
same race/trust.51.minisig $winner.minisig
has $loser.err "'race/trust' was replaced"
cp v50 race/trust
rm race/trust.*
expect 7 flock race/trust sqlland trust update v51 --trust race/trust
has err "another update holds the lock of 'race/trust'"
same race/trust v50
missing race/trust.50 race/trust.51.minisig

# Mistakes.
expect 2 sqlland trust
expect 2 sqlland trust upgrade
has err "unknown word 'upgrade'" 'show, check and update'
expect 2 $update
has err "'trust update' needs the new trust file"
expect 5 $update nowhere
has err "cannot open 'nowhere'"
expect 3 sqlland trust update v51 --trust nowhere
has err "cannot open trust file 'nowhere'"
expect 3 sqlland trust show a.pub
has err "the first line of a trust file must be 'sqlferry trust 1'"
printf 'sqlferry trust 1\nthreshold 2\n' > bad
expect 1 sqlferry sign bad --key a.key
has err 'bad:2:11: error: the threshold is above the number of usable keys, 0'
expect 2 sqlferry sign v51 --key a.key -o elsewhere
has err "a trust file is signed with --key alone, into 'v51.minisig'"
expect 2 sqlferry sign v51 --detach index
has err "cat FILE.minisig >>'v51.minisig'"
