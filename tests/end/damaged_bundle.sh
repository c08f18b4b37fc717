# A bundle that differs in a byte is refused with status 3, and no database is made. (Every single
# bit and byte is flipped in tests/unit; here are the accidents that users have.)
. "$ROOT/tests/end/lib"

make_project first second
build demo --no-rehearsal # a schema has digests, which compress to this size or that
size=$(stat -c %s demo.ferry)

# refused FILE
refused()
{
    expect 3 upgrade "$1"
    is "$(cat out)" ''
    has err 'error: '
    missing shop.db
}

# Cut off anywhere, with or without the end of a block of the stick.
at=0
while [ $at -lt "$size" ]; do
    head -c $at demo.ferry > cut.ferry
    refused cut.ferry
    at=$((at + 23))
done
head -c $((size - 1)) demo.ferry > cut.ferry
refused cut.ferry

# Anything behind its end: each byte, and many lengths.
byte=0
while [ $byte -lt 256 ]; do
    { cat demo.ferry; printf "\\$(printf %03o $byte)"; } > long.ferry
    is "$(stat -c %s long.ferry)" $((size + 1))
    refused long.ferry
    byte=$((byte + 1))
done
for more in 2 3 4 7 8 9 16 511 4096 1000000; do
    { cat demo.ferry; head -c $more /dev/zero; } > long.ferry
    refused long.ferry
    { cat demo.ferry; head -c $more demo.ferry; } > long.ferry
    refused long.ferry
done
cat demo.ferry demo.ferry > long.ferry
refused long.ferry
{ cat demo.ferry; printf '\120\052\115\030\0\0\0\0'; } > long.ferry # an empty skippable frame
expect 0 zstd -t long.ferry
refused long.ferry

# Its frames, one by one. Where the index ends, the signature begins; then come the scripts.
index=$((8 + $(first_frame_size demo.ferry)))
head -c $index demo.ferry > index
tail -c +$((index + 1)) demo.ferry > rest
signature=$((8 + $(first_frame_size rest)))
head -c $signature rest > signature
tail -c +$((signature + 1)) rest > scripts
cat index signature scripts > whole.ferry
same whole.ferry demo.ferry

for order in 'signature index scripts' 'index scripts signature' 'signature scripts' 'index signature' \
    'index signature signature scripts' 'index index signature scripts' 'scripts' 'index' \
    'index signature scripts scripts' 'scripts index signature'; do
    cat $order > swapped.ferry
    refused swapped.ferry
done
cat index scripts > unsigned.ferry
refused unsigned.ferry
has err 'the bundle is not signed'

# The scripts of another bundle of the same size, under this signature.
sed -i s/id/xx/ sql/*.sql
build other --no-rehearsal
tail -c +$((index + 1)) other.ferry | tail -c +$((signature + 1)) > others
cat index signature others > mixed.ferry
is "$(stat -c %s mixed.ferry)" "$size"
refused mixed.ferry
has err 'is damaged: its digest is not the signed one'

# A zeroed block, as a bad stick returns it.
for at in 0 100 400 $((size - 200)); do
    { head -c $at demo.ferry; head -c 100 /dev/zero; tail -c +$((at + 101)) demo.ferry; } > zero.ferry
    is "$(stat -c %s zero.ferry)" "$size"
    refused zero.ferry
done

# The whole one is accepted.
expect 0 upgrade whole.ferry
