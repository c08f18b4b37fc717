# Behind its fence a command can do nothing but finish its work: verify and inspect close it before
# they look at anything in a bundle. On kernels that have no fence they work all the same.
. "$ROOT/tests/end/lib"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 # not under strace; another library first

programs=$(dirname "$(command -v sqlland)")
sanitized=$(grep -c __asan_init "$programs/sqlland" || true)
make_project first
build one
: > treasure
printf 'sqlferry trust 1\nversion 1\nthreshold 1\nkey %s team\n' "$(tail -1 team.pub)" > trust

# attacked COMMAND...: by somebody who is in the program as it looks at the first signature.
attacked()
{
    expect 0 env ATTACK=1 LD_PRELOAD="$programs/tests/end/intruder.so" "$@"
}

# Without a fence he does what he likes.
attacked sqlferry build --release 1 --key team.key -o two.ferry
is "$(grep -c ': yes' err)" 7
lacks err ': no'
missing treasure
rm owned
: > treasure

for command in 'sqlland verify' 'sqlferry verify' 'sqlferry inspect' 'sqlferry inspect --sql' \
    'sqlferry inspect --json'; do
    for trust in '--key team.pub' '--trust trust'; do
        attacked $command one.ferry $trust
        has err 'writes a file: no' 'removes a file: no' 'connects: no' 'makes code: no' \
            'becomes a program: no'
        if [ "$sanitized" -eq 0 ]; then # the search for leaks needs more at the end
            is "$(grep -c ': no' err)" 8
        fi
        missing owned
        [ -e treasure ] || fail 'the treasure is gone'
    done
done

# held PROCESS: it waits for the reader of what it prints.
held()
{
    case $(cat "/proc/$1/wchan") in
    *pipe*) ;;
    *) return 1 ;;
    esac
}

# status_of NAME PROCESS
status_of()
{
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status"
}

# look FENCE COMMAND...: the command runs with this mode of seccomp(2), and like all others without
# the chance of new privileges, and of a core.
mkfifo pipe
exec 3<> pipe
look()
{
    mode=$1
    shift
    head -c 65536 /dev/zero >&3
    "$@" > pipe 2> err &
    process=$!
    within 30 held $process || fail "$* did not print"
    is "$*: $(status_of Seccomp $process)" "$*: $mode"
    is "$*: $(status_of NoNewPrivs $process)" "$*: 1"
    is "$*: $(awk '/^Max core file size/ { print $5, $6 }' "/proc/$process/limits")" "$*: 1 1"
    head -c 65536 <&3 > nothing
    wait $process || fail "$* ended with $?"
    dd if=pipe of=nothing iflag=nonblock bs=65536 count=1 2> err
    [ -s nothing ] || fail "$* printed nothing"
}
expect 0 upgrade one.ferry
for command in 'sqlland verify one.ferry --key team.pub' 'sqlferry verify one.ferry --trust trust' \
    'sqlferry inspect one.ferry' 'sqlferry inspect one.ferry --sql --key team.pub' \
    'sqlferry diff one.ferry one.ferry' 'sqlferry diff one.ferry one.ferry --key team.pub'; do
    look 2 $command
done
for command in 'sqlland current --db shop.db' 'sqlland plan one.ferry --key team.pub --db shop.db' \
    'sqlland upgrade one.ferry --key team.pub --db shop.db' 'sqlferry check'; do
    look 0 $command
done

# Kernels without one half of the fence, or both.
landlock='-e inject=landlock_create_ruleset:error=ENOSYS'
seccomp='-e inject=prctl:error=EINVAL'
head -c 900 one.ferry > cut.ferry
for lacking in '' "$landlock" "$seccomp" "$landlock $seccomp"; do
    for command in 'sqlland verify' 'sqlferry verify' 'sqlferry inspect'; do
        expect 0 strace -f -qq -o trace -e trace=landlock_create_ruleset,prctl $lacking \
            $command one.ferry --key team.pub
        has out 'team (valid)'
        [ -z "$lacking" ] || has trace INJECTED
        expect 3 strace -f -qq -o trace -e trace=landlock_create_ruleset,prctl $lacking \
            $command cut.ferry --key team.pub
    done
done
