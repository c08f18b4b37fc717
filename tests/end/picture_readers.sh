# Pictures as readers have them: rails and SVG are followed from node to node by programs of their own
# (picture_text.py, picture_svg.py), Graphviz draws what it is given.
. "$ROOT/tests/end/lib"

# read_back STATUS MANIFEST
read_back()
{
    expect "$1" sqlferry graph --json "$2"
    mv out graph.json
    expect "$1" sqlferry graph "$2"
    mv out graph.txt
    python3 "$ROOT/tests/end/picture_text.py" graph.json graph.txt || fail "$2: rails"
    expect "$1" sqlferry graph --ascii "$2"
    sed "y/│┊─┄╭╮╰╯├┤┴┬┼●◉○/|:--..''+++++*#?/" graph.txt | diff - out || fail "$2: ASCII"
    expect "$1" sqlferry graph --svg "$2" -o graph.svg
    is "$(cat out)" ''
    python3 "$ROOT/tests/end/picture_svg.py" graph.json graph.svg || fail "$2: SVG"
    expect "$1" sqlferry graph --svg --reverse "$2"
    python3 "$ROOT/tests/end/picture_svg.py" graph.json out up || fail "$2: SVG upwards"
    expect "$1" sqlferry graph --dot "$2"
    mv out graph.dot
}

# drawn_by_dot: Graphviz finds in graph.dot the nodes, edges and labels of graph.json.
drawn_by_dot()
{
    dot -Tsvg graph.dot > dot.svg 2> err || fail 'dot'
    is "$(cat err)" ''
    python3 - << 'END' || fail 'dot draws another graph'
import json
import xml.etree.ElementTree as tree

graph = json.load(open("graph.json"))
root = tree.parse("dot.svg").getroot()
parts = {kind: [part for part in root.iter("{http://www.w3.org/2000/svg}g")
                if part.get("class") == kind] for kind in ("node", "edge")}
assert len(parts["edge"]) == len(graph["edges"])
labels = {part.find("{*}title").text: [text.text for text in part.findall(".//{*}text")]
          for part in parts["node"]}
assert len(labels) == len(parts["node"]) == len(graph["nodes"])
for number, node in enumerate(graph["nodes"], 1):
    label = labels.get("%s#%d" % (node["id"], number)) or labels[node["id"]]
    is_wrong = bool(node["damage"] or node["missing"])
    assert label[0] == node["id"], label
    assert len(label) == 1 + bool(node["title"]) + is_wrong, label
    if node["title"]:
        assert label[1] == node["title"] or node["title"].startswith(label[1][:-1]), label
    assert label[-1].startswith("[") or not is_wrong, label
END
}

for count in 20 100 1000; do
    python3 "$ROOT/tests/end/picture_history.py" $count > ferry.yaml
    read_back 0 ferry.yaml
    [ $count -gt 100 ] || drawn_by_dot
done
for seed in $(seq 1 12); do
    python3 "$ROOT/tests/end/picture_history.py" $((3 * seed)) "$seed" > ferry.yaml
    read_back 1 ferry.yaml
done
for manifest in "$ROOT"/manifests/damaged/*.yaml "$ROOT/tests/end/pictures/tangle.yaml"; do
    read_back 1 "$manifest"
    drawn_by_dot
done
for manifest in "$ROOT/examples/shop" "$ROOT/tests/end/pictures/hostile.yaml"; do
    read_back 0 "$manifest"
    drawn_by_dot
done
