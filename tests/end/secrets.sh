# The secrets of signing, password and key, are nowhere but in guarded memory while they are used, and
# nowhere at all afterwards: not in memory, not in a core dump, not where other processes look.
# (Of the password of a database: postgresql_password.sh.)
if [ "$(id -u)" -ne 0 ] && [ "${1:-}" != inside ]; then
    exec unshare --map-current-user --keep-caps sh -eu "$0" inside # other processes' memory
fi
. "$ROOT/tests/end/lib"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 # a stopped program; another library first

programs=$(dirname "$(command -v sqlland)")
sanitized=$(grep -c __asan_init "$programs/sqlland" || true)
make_project first
build three
printf 'the word that opens the key' > password
printf '%s\n' "$(cat password)" > line

is_stopped()
{
    read -r _ _ state _ < "/proc/$1/stat" && [ "$state" = T ]
}


# stop_at PLACE COMMAND...: its process is in held, and what it makes or signs with in pair.
stop_at()
{
    place=$1
    shift
    env STOP_AT="$place" SECRET_TO=pair LD_PRELOAD="$programs/tests/end/intruder.so" "$@" \
        < line > out 2> err &
    held=$!
    within 300 is_stopped $held || fail "$* did not stop at $place"
}

go_on()
{
    kill -CONT $held
    ended=0
    wait $held || ended=$?
    is "status $ended" "status ${1:-0}"
}

# spell: the secret in the shapes it could have.
spell()
{
    head -c 32 pair > seed
    base64 -w 0 pair | head -c 80 > pair.base64
    base64 -w 0 seed | head -c 40 > seed.base64
    od -An -v -tx1 seed | tr -d ' \n' > seed.hex
}

# search: what of it is in the memory of the held process, and where; and in its environment and
# argument list, where everybody may look.
search()
{
    spell
    for file in cmdline environ; do
        ! grep -aqF -f password -f seed.hex -f seed.base64 "/proc/$held/$file" ||
            fail "a secret stands in $file"
    done
    [ "$sanitized" -eq 0 ] || return 0 # whose memory has no end
    "$programs/tests/end/scan_memory" $held password seed seed.hex seed.base64 pair.base64 "$@" > found
}

# nothing_left COMMAND...: behind it no trace of a secret is left.
nothing_left()
{
    stop_at exit "$@"
    search ${more:-}
    [ "$sanitized" -ne 0 ] || is "$*: $(cat found)" "$*: "
    go_on
}

nothing_left sqlferry keygen plain --no-password
# With little memory there is less work to unlock it, here and below.
(
    [ "$sanitized" -ne 0 ] || ulimit -v 250000
    nothing_left sqlferry keygen guarded --password-fd 0
)

# The file of a key without a password is the key.
sed -n 2p plain.key | head -c 168 | tail -c 80 > text
base64 -d text > bytes
more=text
nothing_left sqlferry build --release 1 --key plain.key -o one.ferry
more=
nothing_left sqlferry build --release 1 --key guarded.key --password-fd 0 -o two.ferry
nothing_left sqlferry sign one.ferry --key guarded.key --password-fd 0
printf 'sqlferry trust 1\nversion 2\nthreshold 1\nkey %s team\n' "$(tail -1 guarded.pub)" > trust
nothing_left sqlferry sign trust --key guarded.key --password-fd 0
expect 0 sqlland verify one.ferry --key guarded.pub

# Neither after a wrong one.
printf 'the wrong word\n' > line
printf 'the wrong word' > password
stop_at exit sqlferry sign two.ferry --key guarded.key --password-fd 0
search
[ "$sanitized" -ne 0 ] || is "$(cat found)" ''
go_on 1
has err 'wrong password'
printf 'the word that opens the key' > password
printf '%s\n' "$(cat password)" > line

# While it signs, the key is there, in guarded memory; the password is gone already.
stop_at sign sqlferry sign three.ferry --key guarded.key --password-fd 0
search
if [ "$sanitized" -eq 0 ]; then
    has found 'seed guarded '
    lacks found open
    lacks found password
fi
go_on

# Now nobody else of the same user can look into it, and when it crashes, no core is left.
hidden()
{
    for file in environ mem maps; do
        expect 1 $nobody cat "/proc/$held/$file"
        has err 'Permission denied'
    done
}

# crash SIGNAL: of the held process.
crash()
{
    is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$held/limits")" '1 1'
    kill -"$1" $held
    kill -CONT $held 2> /dev/null || : # one that was not stopped may be gone already
    wait $held || :
    is "$(ls | grep core || :)" ''
}

ulimit -c unlimited
sleep 600 &
kill -SEGV $!
wait $! || :
case $(cat /proc/sys/kernel/core_pattern) in
[!/\|]*) [ -n "$(ls | grep core)" ] || fail 'this shell leaves no core, either' ;;
esac
rm -f core*
stop_at sign sqlferry sign two.ferry --key plain.key
crash SEGV
stop_at sign sqlferry build --release 1 --key plain.key -o four.ferry
crash ABRT
missing four.ferry

# Neither while it waits for a password, of which it has a part.
as_nobody true
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
[ "$(id -u)" -eq 0 ] || nobody=
cp two.ferry guarded.key bin/
[ -z "$nobody" ] || chown 65534 bin/guarded.key
is_reading()
{
    case $(cat "/proc/$1/wchan") in
    *pipe*) ;;
    *) return 1 ;;
    esac
}
mkfifo typed
exec 4<> typed
printf 'the word that opens' > password
for signal in ABRT SEGV; do
    cat password >&4
    $nobody bin/sqlferry sign bin/two.ferry --key bin/guarded.key --password-fd 4 > out 2> err &
    held=$!
    within 300 is_reading $held || fail 'it does not wait'
    search
    if [ "$sanitized" -eq 0 ]; then
        has found 'password guarded '
        lacks found open
    fi
    [ -z "$nobody" ] || hidden
    crash $signal
done
same two.ferry bin/two.ferry
