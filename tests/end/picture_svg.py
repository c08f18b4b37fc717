# picture_svg.py GRAPH.json PICTURE.svg: the picture is XML that needs nothing else; no text leaves it
# or lies on another, on a node or on a line; and whoever follows its lines down from a node gets to
# the children that the graph has, and to no others. With a third word, up.
import json
import re
import sys
import unicodedata
import xml.etree.ElementTree as tree

graph = json.load(open(sys.argv[1]))
text = open(sys.argv[2], encoding="utf-8").read()
down = -1 if len(sys.argv) > 3 else 1

# Advance widths of DejaVu Sans, which is as wide as Verdana, from U+0020 to U+007E in thousandths of
# its size; of other characters, the widest of those that the histories here have.
WIDTHS = [318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636,
          636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698,
          770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732,
          684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635,
          634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,
          525, 636, 337, 636, 838]
FIXED, OTHER, ASCENT, DESCENT = 602, 1250, 0.93, 0.24


def check(condition, *words):
    if not condition:
        sys.exit(" ".join(str(word) for word in (sys.argv[2] + ":",) + words))


def width(words, size, fixed):
    total = 0
    for character in words:
        if not unicodedata.combining(character):
            total += (FIXED if fixed else
                      WIDTHS[ord(character) - 32] if ord(character) < 127 else OTHER)
    return total * size / 1000


check(not re.search("(?i)<script|href|url\\(|@import|@font|<!DOCTYPE|<image|<use|<foreign|\\son[a-z]+=",
                    text), "is not self-contained")
for character in text:
    check(character == "\n" or unicodedata.category(character) not in ("Cc", "Cf"),
          "has a character that is not to be shown:", hex(ord(character)))
root = tree.fromstring(text)
check(root.tag == "{http://www.w3.org/2000/svg}svg", "is no SVG")
left, top, right, bottom = map(int, root.get("viewBox").split())
check((left, top) == (0, 0) and (root.get("width"), root.get("height")) == (str(right), str(bottom)),
      "has another size than its view box")
style = root.find("{*}style").text
check("prefers-color-scheme:dark" in style, "does not know the dark")

# Texts.
rows = root.findall("{*}g")
check(len(rows) == len(graph["nodes"]), "has", len(rows), "rows")
centres, boxes = [], []
for row, node in zip(rows, graph["nodes"]):
    circle, own = row.find("{*}circle"), []
    centres.append((int(circle.get("cx")), int(circle.get("cy"))))
    check(node["id"] in row.find("{*}title").text and node["title"] in row.find("{*}title").text,
          "has a tooltip that lacks something:", row.find("{*}title").text)
    shown = {element.get("class"): element for element in row.findall("{*}text")}
    check(shown["id"].text == node["id"], "shows", shown["id"].text, "for", node["id"])
    check(("number" in shown) == (not graph["damaged"]), "counts what has no order")
    check(("pill" in shown) == bool(node["damage"] or node["missing"]), "marks", node["id"])
    for damage in node["damage"]:
        check(damage in shown["pill"].text, "does not mark", damage)
    if node["title"]:
        title = shown["title"].text
        check(title == node["title"] or (title[-1] == "…" and node["title"].startswith(title[:-1])),
              "shows", title, "for", node["title"])
    for kind, element in shown.items():
        size = 11 if kind == "pill" else 13
        wide = width(element.text, size, kind in ("number", "id"))
        x, y = int(element.get("x")), int(element.get("y"))
        x -= {"number": wide, "pill": wide / 2}.get(kind, 0)
        own.append((x, x + wide, y - ASCENT * size, y + DESCENT * size, element.text))
    boxes += own
    box = row.find("{*}rect[@class='box']")
    if box is not None:
        x, wide = int(box.get("x")), int(box.get("width"))
        pill = next(b for b in own if b[4] == shown["pill"].text)
        check(x <= pill[0] and pill[1] <= x + wide, "has a text that leaves its box:", pill[4])
        for other in own:
            check(other is pill or other[1] <= x or other[0] >= x + wide, "covers", other[4])
for box in boxes:
    check(0 <= box[0] and box[1] <= right and 0 <= box[2] and box[3] <= bottom, "cuts", box)
boxes.sort(key=lambda box: box[2])
for i, a in enumerate(boxes):
    for b in boxes[i + 1:]:
        if b[2] >= a[3]:
            break
        check(a[1] <= b[0] or b[1] <= a[0], "has overlapping texts:", a, b)
for i, a in enumerate(centres):
    for b in centres[i + 1:i + 3]:
        check(abs(a[1] - b[1]) >= 12, "has nodes on each other:", a, b)

# Lines: where they go from each point, one step down.
steps, columns, lines_right = {}, {}, 0


def step(a, b):
    if (b[1] - a[1]) * down < 0:
        a, b = b, a
    steps.setdefault(a, set()).add(b)


uprights = {}
for path in root.findall("{*}path"):
    for part in re.findall("M[^M]*", path.get("d")):
        numbers = list(map(int, re.findall("-?\\d+", part)))
        letters = "".join(re.findall("[A-Z]", part))
        lines_right = max([lines_right] + numbers[0:1])
        begin = (numbers[0], numbers[1])
        if letters == "MV":
            uprights.setdefault(begin[0], []).append(sorted((begin[1], numbers[2])))
        elif letters == "MQH":
            step(begin, (numbers[6], numbers[5]))
        else:
            check(letters == "MQHQ", "has a path that is not known here:", part)
            step(begin, (numbers[9], numbers[10]))
points = set(centres) | set(steps) | {b for a in steps.values() for b in a}
for x, y in points:
    columns.setdefault(x, []).append(y)
for x, spans in uprights.items():
    on_it = sorted(columns.get(x, []))
    for first, last in spans:
        check(first in on_it and last in on_it, "has a line that ends nowhere:", x, first, last)
        stops = [y for y in on_it if first <= y <= last]
        for a, b in zip(stops, stops[1:]):
            step((x, a), (x, b))
check(all(box[0] > lines_right and box[0] > max(c[0] for c in centres) for box in boxes),
      "has texts on its lines")

node_at = {centre: i for i, centre in enumerate(centres)}
check(len(node_at) == len(centres), "has two nodes in one place")
wanted = [set() for _ in centres]
for edge in graph["edges"]:
    upper, lower = sorted((edge["parent"], edge["child"]))
    wanted[upper].add(lower)
for i, centre in enumerate(centres):
    found, stack, seen = set(), list(steps.get(centre, ())), set()
    while stack:
        point = stack.pop()
        if point in seen:
            continue
        seen.add(point)
        if point in node_at:
            found.add(node_at[point])
        else:
            stack += steps.get(point, ())
    check(found == wanted[i], "leads from", i, "to", sorted(found), "and not to", sorted(wanted[i]))
