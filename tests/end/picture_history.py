# picture_history.py COUNT: a manifest of so many revisions that fork and merge, the same one in each
# run. Every tenth title or so is one that is hard to draw. With a second number, other parents for
# each: any of the revisions, or ids that nothing has.
import random
import sys

count, tangle = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
lots = random.Random(1 + tangle)


def below(limit):
    return int(lots.random() * limit)


words = """add drop index column table order orders customer price message tenant role staff
webhook event thread delivery invoice the of to a by with for and every new old""".split()
hostile = ["]]> & <b>\"it's\"</b> &amp; %s \\N {x}", "Größe und Maße der Waren",
           "価格を税込みで保存する", "הוספת טבלת ההזמנות", "Добавить таблицу заказов",
           "MWMWMWMWMWMWMWMWMWMW@%@%@%@%@%@%@%", "🚢🚢 ship it", "i" * 120, "M" * 200,
           "e\u0301" * 30, "a#b;c`d|e[f](g)"]


def title():
    if below(10) == 0:
        return hostile[below(len(hostile))]
    text = " ".join(words[below(len(words))] for _ in range(2 + below(9)))
    return text[0].upper() + text[1:]


def name(number):
    kind = below(8)
    if kind == 0:
        return "%04d_%s_%s_and_more_words" % (number, words[below(12)], words[below(12)])
    return "%012x" % (below(2**24) * 2**20 + number) if kind < 6 else "r%d" % number


ids, heads = [], []
print("ferry: 1\nproject: history\ndialect: sqlite\nrevisions:")
for number in range(count):
    if not heads:
        parents = []
    elif number == count - 1:
        parents = heads
    elif below(6) == 0 and len(heads) > 1:
        first = below(len(heads) - 1)
        parents = heads[first:first + 2 + below(2)]
    elif below(4) == 0 and len(heads) < 7:
        parents = [ids[max(0, number - 1 - below(8))]]
    else:
        parents = [heads[-1 - below(min(2, len(heads)))]]
    ids.append(name(number))
    place = heads.index(parents[0]) if parents and parents[0] in heads else len(heads)
    heads = [head for head in heads if head not in parents]
    heads.insert(min(place, len(heads)), ids[-1])
    if tangle:
        ids[-1] = "r%d" % (number - (below(9) == 0 and below(3)))
        parents = ["r%d" % below(count + 2) if below(6) == 0 else "r%d" % max(0, number - 1 - below(4))
                   for _ in range(below(4))]
    print("  - id: %s\n    title: '%s'\n    parents: [%s]\n    up: x" %
          (ids[-1], title().replace("'", "''"), ", ".join(parents)))
