# What the environment of sqlland may do to psql, and which psql it is: the environment of psql is a
# list of what is allowed, and its path is absolute, told once and shown by plan.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
export ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 # not under strace; another library first

programs=$(dirname "$(command -v sqlland)")
forge=$programs/tests/end/forge
make_key team
start_server
make_database shop
echo 'CREATE TABLE first (x integer);' > first.sql
echo 'SELECT pg_sleep(600);' > sleep.sql
"$forge" team.key first.ferry postgresql first.sql
"$forge" team.key sleep.ferry postgresql first.sql sleep.sql
db="host=$PGHOST dbname=shop"

# hostile COMMAND...: each of these would run something, or redirect it, or change what SQL means.
# With exec=exec the shell becomes the command.
printf '\\! touch owned\n\\set AUTOCOMMIT off\n' > psqlrc
cp psqlrc .psqlrc
printf '#!/bin/sh\ntouch owned\n' > run
chmod +x run
hostile()
{
    ${exec:-} env PSQLRC="$PWD/psqlrc" HOME="$PWD" PAGER="$PWD/run" PSQL_PAGER="$PWD/run" \
        PSQL_EDITOR="$PWD/run" EDITOR="$PWD/run" VISUAL="$PWD/run" SHELL="$PWD/run" COMSPEC="$PWD/run" \
        PSQL_HISTORY="$PWD/owned" PSQL_WATCH_PAGER="$PWD/run" PG_COLOR=always COLUMNS=3 \
        LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 LANGUAGE=tr LC_MESSAGES=tr_TR.UTF-8 TZ=Asia/Kathmandu PGTZ=Asia/Kathmandu \
        PGDATESTYLE='German' PGCLIENTENCODING=SJIS PGAPPNAME=other PGGEQO=off PGLOCALEDIR="$PWD" \
        PGSSLCERTMODE=disable TMPDIR=/nonexistent BASH_ENV="$PWD/run" ENV="$PWD/run" IFS=/ \
        PERL5OPT=-x PERL5LIB="$PWD" OPENSSL_CONF="$PWD/run" \
        LD_PRELOAD="$programs/tests/end/intruder.so" LD_LIBRARY_PATH="$PWD" LD_BIND_NOW=1 MALLOC_TRACE="$PWD/owned" "$@"
}
expect 0 hostile sqlland upgrade first.ferry --key team.pub --db "$db"
has out '1 revision applied'
expect 0 hostile sqlland history --db "$db"
expect 0 hostile sqlland check first.ferry --key team.pub --db "$db"
missing owned
query 'DROP SCHEMA sqlferry CASCADE; DROP TABLE first' 2> err

end_run()
{
    query "SELECT pg_terminate_backend($backend)" > /dev/null
    wait $run || :
    query 'SET client_min_messages = warning; DROP SCHEMA sqlferry CASCADE; DROP TABLE first'
}

# The whole environment of psql, name by name.
exec=exec
begin_run hostile sqlland upgrade sleep.ferry --key team.pub --db "$db"
exec=
tr '\0' '\n' < "/proc/$psql/environ" | sort > environment
cat > wanted << END
HOME=$PWD
LC_ALL=C
PGAPPNAME=sqlland
PGCLIENTENCODING=UTF8
PGCONNECT_TIMEOUT=20
PGDATABASE=shop
PGHOST=$PWD/server
PGOPTIONS=-c client_connection_check_interval=500 -c standard_conforming_strings=on -c idle_in_transaction_session_timeout=0
PGUSER=postgres
END
diff -u wanted environment
# It may not gain rights, either, and leaves no core.
is "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$psql/status")" 1
is "$(awk '/^Max core file size/ { print $5, $6 }' "/proc/$psql/limits")" '1 1'
end_run
missing owned

# What may be said stands in front, and cannot undo what sqlland needs: PGOPTIONS, a service file.
begin_run env PGOPTIONS='-c standard_conforming_strings=off -c work_mem=1234kB' \
    sqlland upgrade sleep.ferry --key team.pub --db "$db"
tr '\0' '\n' < "/proc/$psql/environ" > environment
has environment 'PGOPTIONS=-c standard_conforming_strings=off -c work_mem=1234kB -c client_connection_check'
end_run
printf '[depot]\nhost=%s\ndbname=shop\nuser=postgres\n' "$PGHOST" > services
expect 0 env PGSERVICEFILE="$PWD/services" PGDATABASE=none sqlland current --db service=depot

# Which psql: the newest of Debian's folders, or the first in PATH, where a folder that is not
# absolute is passed over, and so is an empty one, which means this folder.
mkdir fake elsewhere
printf '#!/bin/sh\ntouch "%s/owned"\n' "$PWD" > psql
chmod +x psql
cp psql fake/psql
real=$(ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -1)
cp "$real" elsewhere/psql
[ "$(id -u)" -eq 0 ] || as_user='--map-current-user --keep-caps'
without_debian()
{
    unshare --mount ${as_user:-} sh -c 'mount -t tmpfs none /usr/lib/postgresql; exec "$@"' sh "$@"
}
for first in fake ./fake '' .; do
    expect 0 env PATH="$first:$PATH" sqlland plan first.ferry --key team.pub --db "$db"
    has out "through  $real ("
    expect 0 without_debian env PATH="$first:$PWD/elsewhere:$PATH" \
        sqlland plan first.ferry --key team.pub --db "$db"
    has out "through  $PWD/elsewhere/psql ("
done
expect 5 without_debian env PATH="fake::.:$programs:$PWD/fake/../fake/none" \
    sqlland plan first.ferry --key team.pub --db "$db"
has err 'there is no psql on this host' '--psql'
missing owned
expect 2 sqlland plan first.ferry --key team.pub --db "$db" --psql fake/psql
has err "'fake/psql' is no absolute path of a psql"
expect 2 sqlland plan first.ferry --key team.pub --db "$db" --psql psql
missing owned
expect 0 sqlland plan first.ferry --key team.pub --db "$db" --psql "$PWD/elsewhere/psql"
has out "through  $PWD/elsewhere/psql ("

# The path is started as it is, once: no search, no shell.
expect 0 strace -f -qq -o trace -e trace=execve sqlland plan first.ferry --key team.pub --db "$db"
is "$(grep -c execve trace)" 2
has trace "execve(\"$real\", [\"psql\", \"-X\", "
# One psql serves a whole run: another one in its place changes nothing.
cp "$real" elsewhere/copy
begin_run sqlland upgrade sleep.ferry --key team.pub --db "$db" --psql "$PWD/elsewhere/copy"
is "$(readlink "/proc/$psql/exe")" "$PWD/elsewhere/copy"
cp run elsewhere/other
mv elsewhere/other elsewhere/copy
is "$(cat "/proc/$run/task/$run/children")" "$psql "
query "SELECT pg_cancel_backend($backend)" > /dev/null
wait $run || :
has run.err 'canceling statement due to user request'
missing owned
