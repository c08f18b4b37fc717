# A password in a target or in PGPASSWORD reaches the server, and nobody else: no argument list, no
# environment, no core dump, no file that is left behind, and no memory behind the run.
if [ "${1:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || as_user='--map-current-user --keep-caps'
    exec unshare --mount ${as_user:-} sh -eu "$0" inside
fi
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

programs=$(dirname "$(command -v sqlland)")
mkdir tmp
export TMPDIR="$PWD/tmp"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 # a stopped program; another library first
sanitized=$(grep -c __asan_init "$programs/sqlland" || true)
make_key team
start_server
make_database shop
echo 'CREATE TABLE first (x integer);' > first.sql
echo 'SELECT pg_sleep(600);' > sleep.sql
"$programs/tests/end/forge" team.key first.ferry postgresql first.sql
"$programs/tests/end/forge" team.key sleep.ferry postgresql first.sql sleep.sql
rm -rf tmp/*

# One with everything that a URI, a keyword string or a password file treats in a way of its own.
secret="se:cr\\et it's 100%41 @/?#&=\$HOME\"ü"
uri="se%3acr%5Cet%20it's%20100%2541%20%40%2f%3f%23%26%3D\$HOME\"ü"
keyword="se:cr\\\\et it\\'s 100%41 @/?#&=\$HOME\"ü"
query "CREATE ROLE clerk LOGIN PASSWORD \$p\$$secret\$p\$; GRANT ALL ON DATABASE shop TO clerk;
    GRANT ALL ON SCHEMA public TO clerk"
sed -i '1i local all clerk scram-sha-256' server/data/pg_hba.conf
query 'SELECT pg_reload_conf()' > /dev/null

host=$(echo "$PGHOST" | sed 's,/,%2F,g')
in_uri="postgresql://clerk:$uri@$host/shop"
in_parameter="postgresql://clerk@$host/shop?password=$uri&connect_timeout=10"
in_keywords="host=$PGHOST user=clerk password='$keyword' dbname=shop"

# No part of the password, however it is spelt, stands in any of the files.
hides()
{
    for file; do
        [ -n "$(tr -d '\0' < "$file")" ] || fail "$file is empty"
        ! grep -aqF -e 'cr\et' -e 'cr%5Cet' -e 'cr\\et' "$file" || fail "the password stands in $file"
    done
}

# forget: the database is as it was before the first run.
forget()
{
    query 'SET client_min_messages = warning; DROP SCHEMA sqlferry CASCADE; DROP TABLE first'
}

# Any of the spellings logs in, and no message or result tells it.
for target in "$in_uri" "$in_parameter" "$in_keywords"; do
    expect 0 sqlland upgrade first.ferry --key team.pub --db "$target"
    hides out
    expect 0 sqlland plan first.ferry --key team.pub --db "$target"
    has out "clerk"
    hides out
    expect 0 env DATABASE_URL="$target" PGPASSWORD=wrong PGPASSFILE=/dev/null sqlland current
    hides out
done
forget
expect 5 sqlland current --db "postgresql://clerk:x$uri@$host/shop"
has err 'password authentication failed'
hides err
expect 5 sqlland current --db "host=$PGHOST user=clerk dbname=shop"
has err 'no password supplied'
is "$(ls tmp)" ''

# libpq's own ways still work.
printf '*:*:*:clerk:%s\n' "$(printf %s "$secret" | sed 's/[\\:]/\\&/g')" > .pgpass
chmod 600 .pgpass
expect 0 sqlland current --db "host=$PGHOST user=clerk dbname=shop"
mv .pgpass elsewhere
expect 0 env PGPASSFILE="$PWD/elsewhere" sqlland current --db "host=$PGHOST user=clerk dbname=shop"
expect 0 env PGPASSWORD="$secret" sqlland current --db "host=$PGHOST user=clerk dbname=shop"

stopped()
{
    read -r _ _ state _ < "/proc/$1/stat" && [ "$state" = T ]
}

end_run()
{
    query "SELECT pg_terminate_backend($backend)" > /dev/null
    wait $run || : # the leak sanitizer needs /proc, and ends with a status of its own
    has run.err 'error: the connection to the server was lost'
    is "$(ls tmp)" ''
    forget
}

# While a revision runs, the child that everybody may look at shows nothing.
for target in "$in_uri" "$in_parameter" "$in_keywords"; do
    begin_run env DATABASE_URL="$target" PGPASSWORD=other PSQL_EDITOR=stranger \
        sqlland upgrade sleep.ferry --key team.pub
    has "/proc/$psql/cmdline" clerk
    has "/proc/$psql/environ" PGPASSFILE=/proc/self/fd/
    hides "/proc/$psql/cmdline" "/proc/$psql/environ" "/proc/$run/cmdline" "/proc/$run/environ"
    lacks "/proc/$psql/environ" PGPASSWORD
    has "/proc/$run/environ" DATABASE_URL= clerk '****'
    lacks "/proc/$psql/environ" stranger # what is not on the list
    is "$(ls tmp)" ''
    end_run
done
begin_run env PGPASSWORD="$secret" sqlland upgrade sleep.ferry --key team.pub \
    --db "host=$PGHOST user=clerk dbname=shop"
hides "/proc/$psql/cmdline" "/proc/$psql/environ" "/proc/$run/environ"
has "/proc/$psql/environ" PGPASSFILE=/proc/self/fd/
lacks "/proc/$psql/environ" PGPASSWORD
end_run
# Typed on the command line it stands there until sqlland has read it.
for target in "$in_uri" "$in_parameter" "$in_keywords"; do
    begin_run sqlland upgrade sleep.ferry --key team.pub --db "$target"
    hides "/proc/$psql/cmdline" "/proc/$psql/environ" "/proc/$run/cmdline"
    has "/proc/$run/cmdline" clerk '****'
    end_run
done
expect 2 sqlland current --db "postgresql://clerk:$uri@$host/shop?password=$uri"
has err 'the target holds two passwords'
expect 2 env PGPASSWORD="$secret
" sqlland current --db "host=$PGHOST user=clerk dbname=shop"
has err 'the password holds a line end'
hides err

# Another process of the same user looks into psql, which has nothing to hide, but not into sqlland.
as_nobody true
nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
[ "$(id -u)" -eq 0 ] || nobody=env
if [ "$(id -u)" -eq 0 ]; then
    begin_run env DATABASE_URL="$in_uri" $nobody bin/sqlland upgrade sleep.ferry --key team.pub
    expect 0 $nobody cat "/proc/$psql/environ"
    for file in environ mem maps; do
        expect 1 $nobody cat "/proc/$run/$file"
        has err 'Permission denied'
    done
    end_run
fi

# A crash leaves no core, of neither. (Where cores go to a program, the limit of 1 keeps it away.)
mkdir cores
cd cores
ulimit -c unlimited
cp ../*.ferry ../team.pub .
sleep 600 &
kill -SEGV $!
wait $! || :
case $(cat /proc/sys/kernel/core_pattern) in
[!/\|]*) [ -n "$(ls | grep core)" ] || fail 'this shell leaves no core, either' ;;
esac
rm -f core*
for signal in SEGV ABRT; do
    for who in run psql; do
        begin_run env DATABASE_URL="$in_uri" sqlland upgrade sleep.ferry --key team.pub
        for process in $run $psql; do
            is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$process/limits")" '1 1'
        done
        [ $who = psql ] && victim=$psql || victim=$run
        kill -$signal "$victim"
        query "SELECT pg_terminate_backend($backend)" > /dev/null
        wait $run || :
        is "$(ls | grep core || :)" ''
        forget
    done
done
cd ..

# When the run is over, its memory has forgotten.
printf %s "$secret" > secret
printf %s 'se%3acr%5Cet%20it' > secret.uri
if [ "$sanitized" -eq 0 ]; then # whose memory has no end
    for target in "$in_uri" "$in_parameter" "$in_keywords" "host=$PGHOST user=clerk dbname=shop"; do
        case $target in
        *password* | *cr%5Cet*) password= ;;
        *) password=$secret ;;
        esac
        env PGPASSWORD="$password" STOP_AT=exit LD_PRELOAD="$programs/tests/end/intruder.so" \
            sqlland upgrade first.ferry --key team.pub --db "$target" > run.out 2> run.err &
        run=$!
        within 60 stopped $run || hung 'it did not stop'
        expect 0 "$programs/tests/end/scan_memory" $run secret secret.uri
        kill -CONT $run
        wait $run || hung 'it failed'
        is "$target: $(cat out)" "$target: "
    done
    forget
fi

# Without /proc, a file serves, for nobody else to read, and is gone before the first revision runs.
cat > looking << END
#!/bin/sh
stat -c '%a %U' "$PWD"/tmp/* > "$PWD/seen"
exec $postgresql/psql "\$@"
END
chmod +x looking
mkdir none
mount -t tmpfs none none
for target in "$in_uri" "$in_keywords"; do
    begin_run unshare --mount sh -c 'mount --bind none /proc; exec "$@"' sh \
        env DATABASE_URL="$target" sqlland upgrade sleep.ferry --key team.pub --psql "$PWD/looking"
    is "$(cat seen)" "600 $(id -un)
600 $(id -un)"
    is "$(stat -c %a tmp/*)" 600
    hides tmp/* "/proc/$psql/cmdline" "/proc/$psql/environ"
    end_run
done

set -- /tmp/sqlland.*
missing "$@"
