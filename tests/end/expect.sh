# The bundle that was reviewed, and no other; and what verify gives up before it looks at one.
. "$ROOT/tests/end/lib"

make_project first
build one --sequence 1
build two --sequence 2
expect 0 sqlland verify one.ferry --key team.pub
digest=$(sed -n 's/^bundle *//p' out) short=$(sed -n 's/^short *//p' out)
is "$(echo "$short" | tr -d '0-9')" ----
is "$(sqlferry inspect one.ferry --key team.pub --json | sed 's/.*"short":"\([0-9-]*\)".*/\1/')" "$short"

# The digits are the first 64 bits, and the last two make the whole number 1 modulo 97.
is "$(echo "$short" | tr -d - | cut -c 1-20)" "$(printf '%020u' "0x$(echo "$digest" | cut -c 1-16)")"
rest=0
for digit in $(echo "$short" | tr -d - | sed 's/./& /g'); do rest=$(((rest * 10 + digit) % 97)); done
is $rest 1

expect 0 sqlland verify one.ferry --key team.pub --expect "$digest"
expect 0 sqlland verify one.ferry --key team.pub --expect "$short"
expect 0 sqlland verify one.ferry --key team.pub --expect "$(echo "$short" | tr - ' ')"
expect 0 sqlland upgrade one.ferry --key team.pub --db one.db --expect "$short"
expect 3 sqlland upgrade two.ferry --key team.pub --db two.db --expect "$short"
has err 'not the one that is expected' 'its whole digest is'
missing two.db

# A digit misheard is not another bundle.
for i in $(seq 22); do
    wrong=$(echo "$short" | tr -d - | sed "s/./x/$i; s/x/$((($(echo "$short" | tr -d - | cut -c "$i") + 1) % 10))/")
    expect 2 sqlland verify one.ferry --key team.pub --expect "$wrong"
    has err 'is no digest of a bundle'
done
for wrong in '' 0 "$digest"0 "${short}0" 99999-99999-99999-99999-00 "$(echo "$digest" | tr a-f A-F)x"; do
    expect 2 sqlland verify one.ferry --key team.pub --expect "$wrong"
done

# Where the kernel can: no connection, no program, no file from here on.
ASAN_OPTIONS=detect_leaks=0 # which cannot be told under strace
export ASAN_OPTIONS
expect 0 strace -f -qq -o trace -e trace=prctl,seccomp,landlock_restrict_self,openat,execve,read,pread64 \
    sqlland verify one.ferry --key team.pub
sed -n '/landlock_restrict_self.*= 0/,$p' trace > behind
[ ! -s behind ] || lacks behind O_WRONLY
has trace 'PR_SET_NO_NEW_PRIVS' 'PR_SET_SECCOMP'
lacks behind execve
