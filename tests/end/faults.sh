# An upgrade of an SQLite database under faults: killed at system calls, with calls that fail, that are
# interrupted every other time, without memory. Whatever happens, the database is at a whole revision or
# at a statement that the ledger names, and the next run goes on from there.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/faults"

in_memory

mkdir states
begin_manifest sqlite
revision people 'parents: []' <<'SQL'
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO people VALUES (1, 'Ada'), (2, 'Grace');
SQL
echo 'SELECT count(*) = 2 FROM letters;' > sql/letters.verify.sql
revision letters 'verify: sql/letters.verify.sql' <<'SQL'
CREATE TABLE letters (id INTEGER PRIMARY KEY, word TEXT,
    sender INTEGER NOT NULL REFERENCES people ON DELETE CASCADE);
CREATE INDEX letters_by_sender ON letters (sender);
INSERT INTO letters VALUES (1, 'engine', 1), (2, 'compiler', 2);
SQL
revision clean 'transaction: none' <<'SQL'
INSERT OR IGNORE INTO people VALUES (3, 'Barbara');
VACUUM;
INSERT OR IGNORE INTO people VALUES (4, 'Frances');
SQL
revision rebuild <<'SQL'
PRAGMA foreign_keys=off;
CREATE TABLE new_people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER);
INSERT INTO new_people SELECT id, name, 1900 + id FROM people;
DROP TABLE people;
ALTER TABLE new_people RENAME TO people;
PRAGMA foreign_keys=on;
SQL
# Foreign keys are on again, or the letters of this one would stay.
revision forget <<'SQL'
DELETE FROM people WHERE id = 2;
SQL
revision again 'transaction: none' 'idempotent: true' <<'SQL'
UPDATE letters SET word = upper(word);
VACUUM;
SQL
# More than SQLite keeps in memory, so that some of it is written before COMMIT.
echo 'SELECT count(*) = 2200 FROM big;' > sql/big.verify.sql
revision big 'verify: sql/big.verify.sql' <<'SQL'
CREATE TABLE big (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2200)
    INSERT INTO big SELECT i, zeroblob(1000) FROM n;
UPDATE letters SET word = word || '!';
SQL
build demo
sed '/idempotent/d; s/transaction: none/&\n    idempotent: true/' ferry.yaml > insist.yaml
build insist insist.yaml

first=0 last=7 stuck='2.0 2.1 2.2' journal=delete encoding=UTF-8 held=

fresh()
{
    rm -f shop.db* held
    [ $journal = delete ] || sqlite3 shop.db "PRAGMA journal_mode=$journal" > /dev/null
    [ $encoding = UTF-8 ] ||
        sqlite3 shop.db "PRAGMA encoding='$encoding'; CREATE TABLE gone (id); DROP TABLE gone"
    [ "$held" ] || return 0
    flock shop.db sh -c 'touch held; sleep 0.15' &
    within 10 test -e held
}

operate()
{
    "$@" sqlland upgrade -q demo.ferry --key team.pub --db shop.db
}

insist()
{
    sqlland upgrade -q insist.ferry --key team.pub --db shop.db
}

settle()
{
    : # the kernel has let go of everything
}

place()
{
    # Half of the time it is not sqlite3 that finds the journal, but we.
    finder=$((1 - ${finder:-0}))
    [ ! -e shop.db ] || [ $finder -eq 0 ] || sqlland current --db shop.db > out || return 1
    if [ -e shop.db ] && sqlite3 shop.db .schema | grep -q 'TABLE sqlferry_ledger'; then
        sqlite3 shop.db "$(ask_place sqlferry_ledger)"
    else
        echo 0
    fi
}

# The rows of the table big are but a digest. VACUUM moves things about, so the lines are sorted.
dump()
{
    sqlite3 shop.db 'PRAGMA integrity_check' \
        "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlferry%'" '.dump people letters' '.sha3sum big' > dumped
    [ "$(head -1 dumped)" = ok ] || return 1
    sort dumped
}

check_ledger()
{
    [ ! -e shop.db ] || sqlland history --db shop.db > out
}

# The states after each revision, and between the statements of those without a transaction.
fresh
dump > states/0
number=0
for id in people letters clean rebuild forget again big; do
    case $id in
    clean | again)
        cp shop.db before.db
        cp states/$number states/$number.0
        count=0
        while read -r statement; do
            sqlite3 shop.db "$statement"
            count=$((count + 1))
            dump > states/$number.$count
        done < sql/$id.sql
        mv before.db shop.db
        ;;
    esac
    expect 0 sqlland upgrade demo.ferry --key team.pub --db shop.db --to $id
    number=$((number + 1))
    is "$(place)" $number
    dump > states/$number
done

changes='pwrite64 write ftruncate fallocate fdatasync fsync fchmod fchown unlink unlinkat rename renameat2'
opens='open openat' locks='fcntl flock' maps='mmap munmap' reads='read pread64'
: > seen
if can_trace; then
    for journal in delete wal; do
        tell_calls > calls
        {
            only $changes $opens $locks $maps close < calls | sed 's/^/kill /' | spread 20 2
            for error in ENOSPC EIO; do
                only $changes $opens < calls | sed "s/^/$error /" | spread 8 2
            done
            # On a WAL SQLite tries a lock that fails again for ten seconds.
            [ $journal = wal ] || only $locks < calls | sed 's/^/EIO /' | spread 3 2
            only $reads < calls | sed 's/^/EIO /' | spread 3 2
            [ "$sanitized" -eq 0 ] || only mmap brk < calls | sed 's/^/ENOMEM /' | spread 8 2
        } > faults
        inject_all faults
        # No lock of SQLite waits in the kernel, so fcntl is not interrupted; flock is waited for.
        held=yes
        tell_calls | only read pread64 write pwrite64 openat ftruncate fdatasync flock clock_nanosleep nanosleep |
            awk '!seen[$1]++ { print "storm", $1, $2, "EINTR" }' > faults
        inject_all faults
        held=
    done
fi
journal=delete
# In the other encoding every text that goes in and out is converted, and needs memory.
for encoding in UTF-8 UTF-16le; do
    tell_allocations | spread 12 1 > faults
    inject_all faults
done
sum_up
