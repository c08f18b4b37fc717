# Two readers agree with each other and with the table about every bundle of tests/bundles: sqlland,
# and docs/verify.sh, which shares nothing with it. So do they about a good bundle with any byte
# changed. GOLDEN=1 makes the corpus and its table anew.
. "$ROOT/tests/end/lib"

corpus=$ROOT/tests/bundles
[ -z "${GOLDEN:-}" ] || "$corpus/generate" "$corpus"

# A copy, because sqlland cares who may write to a trust file.
mkdir corpus changes
cp "$corpus"/*.ferry "$corpus"/*.trust "$corpus"/keys/*.pub corpus
chmod -R go-w corpus
grep -v '^ ' "$corpus/expected" > rows

# by_hand STATUS BUNDLE OPTION FILE: the second reader must say the same.
by_hand()
{
    wanted=$1 status=0
    shift
    sh "$ROOT/docs/verify.sh" "$@" > hand 2>&1 || status=$?
    [ $status -eq "$wanted" ] || fail "verify.sh: status $status, not $wanted: $*: $(cat hand)"
}

# The table: a line "BUNDLE TRUST STATUS TEXT", then what sqlland prints, indented.
check_rows()
{
    cd corpus
    while read -r bundle trust wanted text; do
        option=--trust
        [ "$trust" = "${trust%.pub}" ] || option=--key
        echo "$bundle $trust $wanted $text"
        expect "$wanted" sqlland verify "$bundle" $option "$trust"
        cat out err | sed 's/^/    /'
        by_hand "$wanted" "$bundle" $option "$trust"
    done < ../rows > ../table
}

# Where a stranger has signed, too, some bytes bind nobody: both must accept the same ones.
check_changes()
{
    cd changes
    cp ../corpus/good-unknown-signer.ferry good
    cp ../corpus/one.pub .
    size=$(stat -c %s good) i=0 accepted=0
    while [ $i -lt 200 ]; do
        at=$((i * size / 200)) bits=$((i * 37 % 255 + 1)) i=$((i + 1))
        byte=$(od -An -tu1 -j $at -N 1 good | tr -d ' ')
        cp good changed
        printf "\\$(printf %03o $((byte ^ bits)))" | dd of=changed bs=1 seek=$at conv=notrunc status=none
        status=0
        sqlland verify changed --key one.pub > out 2> err || status=$?
        case $status in
        0) accepted=$((accepted + 1)) ;;
        3) ;;
        *) fail "status $status where byte $at is changed by $bits" ;;
        esac
        by_hand $status changed --key one.pub
    done
    [ $accepted -gt 0 ] && [ $accepted -lt 100 ] || fail "$accepted of 200 changes are accepted"
}

(check_changes) &
(check_rows)
wait $!
[ -z "${GOLDEN:-}" ] || cp table "$corpus/expected"
diff "$corpus/expected" table
is "$(ls corpus/*.ferry | sed 's:.*/::')" "$(cut -d ' ' -f 1 rows | sort -u)"
