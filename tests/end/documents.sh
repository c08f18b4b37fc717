# The tests that the threat model names are there, and so is every file that a document links to.
. "$ROOT/tests/end/lib"

cd "$ROOT"
grep -o '`\(unit\|end\|fuzz\)/[^`]*`' docs/SECURITY.md | tr -d '`' | sort -u > "$OLDPWD/named"
[ "$(wc -l < "$OLDPWD/named")" -gt 30 ] || fail 'the threat model names hardly any test'
while read -r name; do
    [ -e "tests/$name" ] || fail "docs/SECURITY.md names tests/$name"
done < "$OLDPWD/named"
grep -o 'corpus `[^|]*' docs/SECURITY.md | grep -o '`[^`]*`' | tr -d '`' | grep -v / | sort -u > "$OLDPWD/corpus"
while read -r pattern; do
    ls tests/bundles/$pattern* > /dev/null 2>&1 || fail "docs/SECURITY.md names tests/bundles/$pattern"
done < "$OLDPWD/corpus"
for document in README.md docs/*.md examples/*/README.md tests/bundles/README.md; do
    grep -o '](\([^)#]*\)' "$document" | sed 's/^](//' | grep -v '^[a-z]*:' | while read -r link; do
        [ -e "$(dirname "$document")/$link" ] || fail "$document links to $link"
    done
done
