# picture_text.py GRAPH.json PICTURE.txt: whoever follows the rails down, by their shapes alone, finds
# the edges of the graph, each of them and no other. With a third word, in so many columns.
import collections
import json
import sys
import unicodedata

graph = json.load(open(sys.argv[1]))
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 0
lines = open(sys.argv[2], encoding="utf-8").read().splitlines()
NODES, UP, DOWN, PASS = "●◉○", "╯╰┴", "╮╭┬", "│┊"
LEVEL = "─┄"


def check(condition, *words):
    if not condition:
        sys.exit(" ".join(str(word) for word in (sys.argv[2] + ":",) + words))


def rails(line):
    end = 0
    while end < len(line) and line[end] in NODES + UP + DOWN + PASS + LEVEL + "├┤ ":
        end += 1
    return line[:end].rstrip()


def runs(cells):
    """The groups of columns that a line joins; lanes that it passes are in none."""
    group, groups = [], []
    for x, cell in enumerate(cells):
        joins_left = cell in LEVEL + "╯┴╮┬┤" or (cell in NODES and x and cells[x - 1] in LEVEL)
        if cell in PASS and x and cells[x - 1] in LEVEL and x + 1 < len(cells) and cells[x + 1] in LEVEL:
            continue
        if not joins_left:
            group = []
        if cell in NODES + UP + DOWN + "├┤":
            if not group:
                groups.append(group)
            group.append(x)
    return [group for group in groups if group]


lanes, row, edges = {}, 0, collections.Counter()
for line in lines:
    cells = rails(line)
    live = {x: source for x, source in lanes.items()
            if x < len(cells) and cells[x] in NODES + UP + PASS + "├┤"}
    for x, cell in enumerate(cells):
        check(cell not in UP + PASS + "├┤" or x in live, "a lane comes from nowhere:", line)
    after = {x: source for x, source in live.items() if cells[x] in PASS + "├┤"}
    has_node = any(cell in NODES for cell in cells)
    for group in runs(cells):
        node = [x for x in group if cells[x] in NODES]
        sources = [live[x] for x in group if x in live]
        if node:
            for source in sources:
                edges[source, row] += 1
            for x in group:
                check(cells[x] not in "├┤", "a lane passes a node and joins it:", line)
                if x in node or cells[x] in DOWN:
                    after[x] = row
        else:
            check(len(sources) == 1 and len(group) == 2 and not has_node, "no plain split:", line)
            for x in group:
                after[x] = sources[0]
    if has_node:
        check(graph["nodes"][row]["id"] in line or (limit and "…" in line), "another node:", line)
        check(next(x for x in cells if x in NODES) ==
              ("○" if graph["nodes"][row]["missing"] else "◉" if graph["nodes"][row]["damage"] else "●"),
              "another mark:", line)
        row += 1
    lanes = after
    width = sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
                for c in line)
    check(not limit or width <= limit, width, "columns:", line)
check(row == len(graph["nodes"]), row, "nodes")
wanted = collections.Counter(tuple(sorted((edge["parent"], edge["child"]))) for edge in graph["edges"])
check(edges == wanted, "edges that are not there:", edges - wanted, "or not drawn:", wanted - edges)
