# Whatever the names, paths, texts and errors hold that a bundle, a script or the command line brings:
# only printable text reaches the terminal, and JSON stays JSON. (Of a server: postgresql_terminal.sh.)
. "$ROOT/tests/end/lib"

forge=$(dirname "$(command -v sqlland)")/tests/end/forge
make_key team

# ran STATUS COMMAND...
ran()
{
    expect "$@"
    printable out err
}

# json STATUS COMMAND...: sqlite3 reads what it prints.
json()
{
    ran "$@" --json
    [ ! -s out ] || is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
}

# What the check itself finds.
for bad in '\033[2J' '\302\233' '\342\200\256' '\342\201\246' '\357\273\277' '\363\240\201\201' '\177' \
    '\330\234' '\r' '\377' '\302'; do
    printf "text $bad text\n" > bad
    (printable bad) 2> nothing && fail "printable misses $bad"
done
printf 'Größe 価格 \360\237\232\242\n' > good
printable good

# name_of 1 to 6: together each byte but NUL and the slash, and what else is not to be shown.
name_of()
{
    case $1 in
    5) printf 'n\302\200\302\233\302\237\302\255\330\234\341\240\216\342\200\213\342\200\217\342\200\250n' ;;
    6)
        printf 'n\342\200\252\342\200\256\342\201\240\342\201\246\342\201\251\342\201\257\357\273\277'
        printf '\357\277\271\357\277\276\363\240\200\201\363\240\201\277n'
        ;;
    *)
        part=
        for byte in $(seq $(($1 * 64 - 63)) $(($1 * 64))); do
            [ "$byte" -eq 47 ] || [ "$byte" -gt 255 ] || part="$part\\$(printf %03o "$byte")"
        done
        printf "n${part}n"
        ;;
    esac
}

make_project first
build one
expect 0 upgrade one.ferry
mv shop.db before.db

# On the command line, and as the names of files.
for i in 1 2 3 4 5 6; do
    name=$(name_of $i)
    for program in sqlland sqlferry; do
        ran 2 $program "$name"
        ran 2 $program verify "--$name"
        ran 2 $program verify one.ferry "$name"
        ran 5 $program verify "$name" --key team.pub
        ran 3 $program verify one.ferry --key "$name"
        ran 3 $program verify one.ferry --trust "$name"
        ran 2 $program verify one.ferry --key team.pub --expect "$name"
    done
    cp before.db "$name.db"
    cp one.ferry "$name.ferry"
    cp team.pub "$name.pub"
    json 0 sqlland verify "$name.ferry" --key "$name.pub"
    ran 0 sqlland verify "$name.ferry" --key "$name.pub"
    ran 0 sqlferry inspect "$name.ferry"
    json 0 sqlferry inspect "$name.ferry" --key "$name.pub"
    ran 2 sqlferry inspect "$name.ferry" "$name"
    ran 1 sqlferry inspect "$name.ferry" --sql "$name"
    for command in 'plan one.ferry --key team.pub' 'upgrade one.ferry --key team.pub' \
        'check one.ferry --key team.pub' current history; do
        json 0 sqlland $command --db "$name.db"
        ran 0 sqlland $command --db "$name.db"
    done
    ran 5 sqlland current --db "$name"
    ran 2 sqlland upgrade one.ferry --key team.pub --db before.db --to "$name"
    ran 2 sqlland upgrade one.ferry --key team.pub --db before.db --reason "$name"
    ran 2 sqlland upgrade one.ferry --key team.pub --db before.db --lock-timeout "$name"
    ran 2 sqlland upgrade one.ferry --key team.pub --db before.db --expect-ledger "$name"
    ran 2 sqlland upgrade one.ferry --key team.pub --db before.db --backup "$name.db"
    ran 2 sqlland upgrade one.ferry --key team.pub --db postgresql:/// --psql "$name"
    ran 2 sqlland stamp one.ferry --key team.pub --db before.db --from "$name"
    ran 5 sqlferry check "$name"
    ran 0 sqlferry keygen "$name key" --no-password
    ran 1 sqlferry keygen "$name key" --no-password
    ran 5 sqlferry sign "$name" --key team.key
    ran 5 sqlferry sign one.ferry --key "$name none"
    ran 0 sqlferry build --release 1 --key team.key -o "$name out"
    ran 2 sqlferry build --release "$name" --key team.key
done

# look BUNDLE: whatever can be shown of it is, or is refused.
look()
{
    for words in '' --json; do
        for command in 'sqlland verify' 'sqlferry verify' 'sqlferry inspect' \
            'sqlland plan --db new.db' 'sqlland upgrade --db new.db' 'sqlland check --db before.db'; do
            status=0
            $command "$1" --key team.pub $words > out 2> err || status=$?
            printable out err
            [ -s out ] || [ -s err ] || fail "$command says nothing"
            [ -z "$words" ] || [ ! -s out ] ||
                is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
            rm -f new.db*
        done
    done
    for words in '' --json --sql --index; do
        status=0
        sqlferry inspect "$1" $words > out 2> err || status=$?
        printable out err
        [ "$words" != --index ] || continue
        sqlferry diff one.ferry "$1" $words > out 2> err || status=$?
        printable out err
    done
}

# In a bundle that a trusted key has signed: ids, paths, titles, project and release.
echo 'CREATE TABLE t (x);' > plain.sql
for i in 1 2 3 4 5 6; do
    name=$(name_of $i)
    cp plain.sql "$name.sql"
    "$forge" team.key forged.ferry sqlite "$name.sql"
    look forged.ferry
    for field in PROJECT RELEASE TITLE; do
        env $field="$name" "$forge" team.key forged.ferry sqlite plain.sql
        look forged.ferry
        expect 3 sqlland verify forged.ferry --key team.pub
    done
done
TITLE='Größe 価格' "$forge" team.key forged.ferry sqlite plain.sql
ran 0 sqlferry inspect forged.ferry
has out 'Größe 価格'

# In scripts, and in what the database says of them.
text()
{
    name_of "$1" | iconv -c -f UTF-8 -t UTF-8 | tr -d "'\""
}
for i in 1 2 5 6; do
    strange="$(text $i)"
    printf 'SELECT "%s" FROM nowhere;\n' "$strange" > error.sql
    printf 'CREATE TABLE t (x);\n--cut\nSELECT * FROM "%s";\n' "$strange" > table.sql
    printf "CREATE TABLE t (x CONSTRAINT \"%s\" CHECK (x > 1));\n--cut\nINSERT INTO t VALUES (0);\n" \
        "$strange" > check.sql
    printf "CREATE TABLE t (x); CREATE TRIGGER g BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, '%s'); END;\n--cut\nINSERT INTO t VALUES (1);\n" \
        "$strange" > raise.sql
    printf '%s;\n' "$strange" > syntax.sql
    for script in error table check raise syntax; do
        "$forge" team.key forged.ferry sqlite $script.sql
        rm -f new.db*
        ran 4 sqlland upgrade forged.ferry --key team.pub --db new.db
        has err "$script.sql:"
        ran 0 sqlferry inspect forged.ferry --sql
        for terminal in 'sqlferry inspect forged.ferry --sql --key team.pub' \
            'sqlferry inspect forged.ferry --sql' 'sqlland upgrade forged.ferry --key team.pub --db new.db'; do
            NO_COLOR=1 TERM=dumb script -qec "$terminal" typescript < /dev/null > shown.raw || :
            tr -d '\r\t' < shown.raw > shown.text
            [ -s shown.text ] || fail "nothing was shown"
            printable shown.text
        done
    done
    # What an author has.
    begin_manifest sqlite
    revision it 'parents: []' 'down: none' < table.sql
    ran 1 sqlferry check
    begin_manifest postgresql
    printf 'SELECT 1; \\%s\nSELECT :%s;\n' "$strange" "$strange" > sql/it.sql
    cp sql/it.sql it.sql
    revision it 'parents: []' 'down: none' < it.sql
    ran 1 sqlferry check
    for field in "title: $strange" "$strange: 1" "parents: [$strange]" "title: \"$strange\"" "$(printf '%s\n' "$strange")"; do
        begin_manifest sqlite
        revision it "$field" 'down: none' < plain.sql
        status=0
        sqlferry check > out 2> err || status=$?
        printable out err
        status=0
        sqlferry history > out 2> err || status=$?
        printable out err
    done
    # A trust file, a key, a ledger.
    printf 'sqlferry trust 1\nthreshold 1\nkey %s %s\n' "$(tail -1 team.pub)" "$strange" > trust
    ran 3 sqlland verify one.ferry --trust trust
    printf 'sqlferry trust 1\n%s\n' "$strange" > trust
    ran 3 sqlland verify one.ferry --trust trust
    printf '%s\n%s\n' "$strange" "$strange" > odd.pub
    ran 3 sqlland verify one.ferry --key odd.pub
    printf '%s' "$strange" > plain.text
    for column in project release revision note who tool digest; do
        cp before.db odd.db
        sqlite3 odd.db .schema | sed -n 's/^CREATE TRIGGER \([a-z_]*\).*/DROP TRIGGER \1;/p' | sqlite3 odd.db
        sqlite3 odd.db "UPDATE sqlferry_ledger SET $column = CAST(readfile('plain.text') AS TEXT)" 2> nothing ||
            fail 'no such column'
        for command in current history 'check one.ferry --key team.pub' 'upgrade one.ferry --key team.pub'; do
            for words in '' --json; do
                status=0
                sqlland $command --db odd.db $words > out 2> err || status=$?
                printable out err
            done
        done
    done
done
