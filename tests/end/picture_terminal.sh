# sqlferry graph on a terminal: colours, its width, the locale; and what cannot be meant.
. "$ROOT/tests/end/lib"

escape=$(printf '\033')
shop=$ROOT/examples/shop
python3 "$ROOT/tests/end/picture_history.py" 60 > ferry.yaml
sqlferry graph --json > graph.json
sqlferry graph > whole.txt

# on_terminal COLUMNS COMMAND...: what the command shows on a terminal so wide, into the file out.
on_terminal()
{
    columns=$1
    shift
    script -qec "stty cols $columns; $*" typescript < /dev/null > shown
    tr -d '\r' < shown > out
}

for columns in 24 40 79 80 81 132; do
    on_terminal $columns sqlferry graph
    printable out
    python3 "$ROOT/tests/end/picture_text.py" graph.json out $columns || fail "$columns columns"
    on_terminal $columns env LC_ALL=C sqlferry graph
    python3 - $columns << 'END' || fail "$columns columns of ASCII"
import sys
import unicodedata
for line in open("out", encoding="utf-8"):
    width = sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
                for c in line.rstrip("\n"))
    assert width <= int(sys.argv[1]), line
END
    [ $columns -gt 81 ] || has out ... '*-.'
done
on_terminal 1000 sqlferry graph
same whole.txt out
on_terminal 0 sqlferry graph
has out …

# Colours, and none.
on_terminal 1000 env -u NO_COLOR TERM=xterm sqlferry graph
has out "${escape}[36m●" "${escape}[33m─╮" "${escape}[0m"
sed "s/$escape\[[0-9;]*m//g" out > plain
same whole.txt plain
on_terminal 1000 env -u NO_COLOR TERM=dumb sqlferry graph
same whole.txt out
env -u NO_COLOR TERM=xterm sqlferry graph > out
same whole.txt out
on_terminal 1000 env -u NO_COLOR TERM=xterm sqlferry graph -q "$ROOT/manifests/damaged/cycle.yaml" 2> err || :
has out "${escape}[1;31m◉" "${escape}[1;31m[in a cycle]"

# Lanes beyond what a terminal has room for; the rails then take half of it.
awk 'BEGIN {
    print "ferry: 1\nproject: wide\ndialect: sqlite\nrevisions:\n  - {id: r0, parents: [], up: x}"
    for (i = 1; i < 100; i++) print "  - {id: r" i ", parents: [r0], up: x}"
    for (i = 1; i < 100; i++) all = all ", r" i
    print "  - {id: last, parents: [" substr(all, 3) "], up: x}\n  - {id: behind, up: x}"
}' > wide.yaml
on_terminal 80 sqlferry graph wide.yaml
has out '│ │ │ ●' '├─│─╮' '─┴─… 101  last'
is "$(grep -c ' r[0-9]' out)" 100
is "$(wc -L < out)" 53
is "$(tail -n 1 out | tr -s ' ')" '● 102 behind'
is "$(head -n 1 out | tr -s ' ')" '●─╮ 1 r0'
expect 0 sqlferry graph --ascii wide.yaml
has out '| ~'
printf 'ferry: 1\nproject: one\ndialect: sqlite\nrevisions:\n  - {id: one, parents: [], up: x}\n' > one.yaml
expect 0 sqlferry graph one.yaml
is "$(cat out)" '●  1  one'

# The locale.
for locale in LC_ALL LC_CTYPE LANG; do
    expect 0 env -u LC_ALL $locale=en_US.UTF-8 sqlferry graph "$shop"
    has out '●─╮'
    expect 0 env -u LC_ALL $locale=de_DE.ISO-8859-1 sqlferry graph "$shop"
    has out '*-.'
    lacks out ●
done
expect 0 env -u LC_ALL sqlferry graph "$shop"
has out '*-.'
expect 0 sqlferry graph --ascii "$shop"
has out '*-.'

# Files.
expect 0 sqlferry graph --svg "$shop"
mv out shop.svg
echo old > file
for format in svg dot mermaid; do
    expect 0 sqlferry graph --$format "$shop"
    mv out wanted
    expect 0 sqlferry graph --$format "$shop" -o file
    is "$(cat out err)" ''
    same wanted file
done
expect 1 sqlferry graph --svg "$ROOT/manifests/damaged/cycle.yaml" -o damaged.svg
has damaged.svg 'in a cycle'
has err 'is in a cycle'
expect 5 sqlferry graph --svg "$shop" -o nowhere/file
has err "nowhere/file"
expect 5 sqlferry graph --svg "$shop" -o /
for wrong in '--svg --dot' '--mermaid --json' '--svg --ascii' '--json --ascii' '-o file' '--json -o file' \
    '--json --reverse'; do
    expect 2 sqlferry graph $wrong "$shop"
    is "$(cat out)" ''
done
# A manifest that cannot be read has no picture.
printf 'ferry: 1\nproject: one\n' > none.yaml
expect 1 sqlferry graph none.yaml
is "$(cat out)" ''
expect 5 sqlferry graph nowhere.yaml
