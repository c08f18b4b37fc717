# Whatever fails while sqlferry new writes, a manifest and its scripts are there whole or not at all.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/faults"

can_trace || exit 0
in_memory

# Two manifests change, and folders are made.
mkdir given
cd given
printf 'ferry: 1\nproject: demo\ndialect: sqlite\nheads: [one]\ninclude: [team/ferry.yaml]\nrevisions:\n  - {id: root, parents: [], up: root.sql}\n' > ferry.yaml
mkdir -p team/0001_one
printf 'ferry: 1\nrevisions:\n  - {id: one, parents: [root], up: 0001_one/up.sql}\n' > team/ferry.yaml
: > root.sql
: > team/0001_one/up.sql
cd ..

fresh_copy()
{
    rm -rf work
    cp -R given work
}

# add WORD...: with the words in front of the program.
add()
{
    (cd work && exec "$@" sqlferry new Second --id second)
}

fresh_copy
add > out 2> err || fail 'the run without a fault'
cp -R work wanted
expect 0 sqlferry check wanted

failures=0 kills=0
for call in write fsync mkdir rename renameat2 fchmod openat; do
    number=1
    while :; do
        # An error: nothing has changed, unless it was only the result that could not be printed.
        fresh_copy
        status=0
        add strace -qq -o ../trace -e inject=$call:error=ENOSPC:when=$number > out 2> err || status=$?
        grep -q INJECTED trace || break
        if [ $status -eq 0 ] || grep -q 'cannot write the results' err; then
            diff -r work wanted || fail "$call $number: done in part"
        else
            failures=$((failures + 1))
            diff -r work given || fail "$call $number: $(cat err)"
        fi

        # Killed: what the manifests say is there. Scripts, and drafts of files, may be left.
        fresh_copy
        add strace -qq -o ../trace -e inject=$call:signal=KILL:when=$number > out 2> err || :
        kills=$((kills + 1))
        if cmp -s work/team/ferry.yaml given/team/ferry.yaml; then
            expect 0 sqlferry check work
        else
            [ -e work/team/0002_second/up.sql ] && [ -e work/team/0002_second/down.sql ] ||
                fail "$call $number: a manifest names scripts that are not there"
        fi
        number=$((number + 1))
    done
done
[ $failures -ge 15 ] || fail "only $failures faults"
[ $kills -ge 15 ] || fail "only $kills kills"
echo "$failures faults, $kills kills"

# A file that can grow no more, as on a full disk.
fresh_copy
(
    trap '' XFSZ
    ulimit -f 0
    cd work
    status=0
    sqlferry new Second 2>&1 | grep -q 'cannot write' || fail 'no error'
)
diff -r work given || fail 'changed'
