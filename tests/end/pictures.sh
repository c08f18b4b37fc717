# Pictures of the example, of every damaged manifest and of those in tests/end/pictures are, to the
# letter, in that folder, in each format; GOLDEN=1 (`make golden`) writes them anew. What is wrong is
# told as `check` tells it, behind the picture.
. "$ROOT/tests/end/lib"

folder=$PWD
cd "$ROOT"

# draw ENDING OPTION...: the picture of $manifest is the golden file of this ending.
draw()
{
    picture=tests/end/pictures/$name.$1 status=0
    shift
    sqlferry graph "$@" "$manifest" > "$folder/out" 2> "$folder/err" || status=$?
    is $status $wanted
    [ -z "${GOLDEN:-}" ] || cp "$folder/out" "$picture"
    diff -u "$picture" "$folder/out" || fail "$picture: the picture is another"
    diff -u "$folder/wanted" "$folder/err" || fail "$manifest: the errors are others"
}

for manifest in examples/shop/ferry.yaml manifests/damaged/*.yaml tests/end/pictures/*.yaml; do
    name=$(basename "${manifest%.yaml}")
    [ "$name" != ferry ] || name=shop
    wanted=0
    sqlferry history "$manifest" > "$folder/out" 2> "$folder/wanted" || wanted=$?
    case $manifest in
    manifests/damaged/*) same "${manifest%.yaml}.stderr" "$folder/wanted" ;;
    esac
    draw txt
    draw reverse.txt --ascii --reverse
    draw svg --svg
    draw dot --dot
    draw mmd --mermaid
    draw json --json
done
