# The rules in docs/lint.md are those of the program, word for word, and the manifest's schema has them. GOLDEN=1 (`make golden`) writes
# them anew, behind the line <!-- rules -->.
. "$ROOT/tests/end/lib"

sed '/^<!-- rules -->$/q' "$ROOT/docs/lint.md" > page
expect 0 sqlferry check --list-rules
cut -d ' ' -f 1 out > rules
while read -r rule; do
    expect 0 sqlferry check --explain "$rule"
    awk '
        NR == 1 { id = $1; sub(/:$/, "", id); sub(/^[^ ]* /, ""); title = $0; next }
        /^severity: / { severity = $2; next }
        /^servers: / { sub(/^servers: */, ""); print "\nServers " $0 "."; next }
        /^dialects: / {
            sub(/^dialects: /, "")
            printf "\n### %s\n\n*%s, %s:* %s.\n", id, severity, $0, title
            next
        }
        /^Fires:$/ { print "\nFires:\n\n```sql"; code = 1; next }
        /^Does not:$/ { print "\nDoes not:\n\n```sql"; code = 1; next }
        /^To allow it:$/ { exit }
        code && /^$/ { print "```"; code = 0; next }
        code { sub(/^    /, ""); print; next }
        NF { print "\n" $0 }' out >> page
    grep -qF "\"$rule\"" "$ROOT/manifests/ferry.schema.json" || fail "the schema lacks $rule"
done < rules
is "$(sqlite3 :memory: "SELECT json_array_length(readfile('$ROOT/manifests/ferry.schema.json'), '\$.\$defs.rule.enum')")" \
    "$(wc -l < rules)"
if [ "${GOLDEN:-}" = 1 ]; then
    cp page "$ROOT/docs/lint.md"
else
    diff "$ROOT/docs/lint.md" page
fi
