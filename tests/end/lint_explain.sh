# Every rule has its golden files and explains itself, and its two examples are true: the rule speaks up on the first, and it
# alone is asked; on the second it keeps silent.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/lint_case"

# example HEADING: the indented lines below it, of the last command.
example()
{
    awk -v heading="$1" '$0 == heading { on = 1; next } /^[^ ]|^$/ { on = 0 } on' out | sed 's/^    //'
}

# found FILE: how many findings the rule has in it, or that sqlferry refuses it.
found()
{
    rm -rf case
    unpack_case "$1" case
    sqlferry check case --no-rehearsal --rule "$rule" --json > found.json 2> found.err || true
    if [ -s found.json ]; then
        sqlite3 :memory: "SELECT json_array_length(readfile('found.json'), '\$.findings')"
    else
        cat found.err
    fi
}

expect 0 sqlferry check --list-rules
cut -d ' ' -f 1 out > rules
[ "$(wc -l < rules)" -gt 40 ] || fail 'where are the rules?'
sort -c rules || fail 'the rules are not in order'
while read -r rule; do
    for file in "$rule.fires.sql" "$rule.silent.sql" "$rule.expected"; do
        [ -s "$ROOT/tests/lint/$file" ] || fail "there is no tests/lint/$file"
    done
    expect 0 sqlferry check --explain "$rule"
    has out "$rule: " 'severity: ' 'dialects: ' 'Fires:' 'Does not:' 'To allow it:'
    example 'Fires:' > fires.sql
    example 'Does not:' > silent.sql
    [ -s fires.sql ] && [ -s silent.sql ] || fail "$rule lacks an example"
    case $rule in
    missing-semicolon) found fires.sql | grep -q "does not end in ';'" || fail "$rule does not fire" ;;
    split-ambiguous) found fires.sql | grep -q 'disagree on where' || fail "$rule does not fire" ;;
    unused-allow | unknown-allow)
        rm -rf case
        unpack_case fires.sql case
        sqlferry check case --json > found.json 2> found.err || true
        grep -q "\"rule\":\"$rule\"" found.json || fail "$rule does not fire: $(cat found.json)"
        rm -rf case
        unpack_case silent.sql case
        sqlferry check case --json > found.json 2> found.err || true
        ! grep -q "\"rule\":\"$rule\"" found.json || fail "$rule fires: $(cat found.json)"
        continue
        ;;
    *) [ "$(found fires.sql)" -ge 1 ] || fail "$rule does not fire: $(found fires.sql)" ;;
    esac
    is "$rule $(found silent.sql)" "$rule 0"
done < rules

expect 2 sqlferry check --explain drop-tabel
has err "there is no rule 'drop-tabel'" "Did you mean 'drop-table'?"
expect 2 sqlferry check --rule nothing-like-it
has err "there is no rule 'nothing-like-it'" "'sqlferry check --list-rules' lists them."
