# Pictures of the example, of every damaged manifest and of those in tests/end/pictures are, to the
# letter, in that folder, in each format; GOLDEN=1 (`make golden`) writes them anew. What is wrong is
# told behind the picture: NAME.stderr, for damaged manifests the one that `check` is compared with.
. "$ROOT/tests/end/lib"

folder=$PWD
cd "$ROOT"

# draw ENDING OPTION...: the picture of $manifest is the golden file of this ending.
draw()
{
    picture=tests/end/pictures/$name.$1 status=0
    shift
    sqlferry graph "$@" "$manifest" > "$folder/out" 2> "$folder/err" || status=$?
    [ -z "${GOLDEN:-}" ] || cp "$folder/out" "$picture"
    diff -u "$picture" "$folder/out" || fail "$picture: the picture is another"
    if [ -e "$errors" ]; then
        diff -u "$errors" "$folder/err" || fail "$manifest: the errors are others"
        is $status 1
    else
        is "$status$(cat "$folder/err")" 0
    fi
}

for manifest in examples/shop/ferry.yaml manifests/damaged/*.yaml tests/end/pictures/*.yaml; do
    name=$(basename "${manifest%.yaml}") errors=${manifest%.yaml}.stderr
    [ "$name" != ferry ] || name=shop
    if [ -n "${GOLDEN:-}" ] && [ "$manifest" = "tests/end/pictures/$name.yaml" ]; then
        rm -f "$errors"
        sqlferry graph "$manifest" > "$folder/out" 2> "$errors" || :
        [ -s "$errors" ] || rm "$errors"
    fi
    draw txt
    draw reverse.txt --ascii --reverse
    draw svg --svg
    draw dot --dot
    draw mmd --mermaid
    draw json --json
done
