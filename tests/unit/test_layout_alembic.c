/* Histories of Alembic: what is found wrong with their files and between them, and the graph that
 * they mean. */
#include "compiler/alembic_graph.h"
#include "tests/unit/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/*
 * files     each behind a line '--- NAME'; env.py is the environment
 * branches  '--branches' was given
 * expected  the findings, then the revisions with their parents; or the findings alone
 */
struct row {
    const char *name, *files, *expected;
    bool branches;
};

static const struct row rows[] = {
    {"a chain",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n",
     "aaaa1:\n"
     "bbbb1: aaaa1\n",
     false},
    {"titles and annotations",
     "--- a.py\n"
     "\"\"\"\n"
     "  First of all\n"
     "\n"
     "Revision ID: aaaa1\n"
     "Revises:\n"
     "Create Date: 2024\n"
     "\n"
     "more words\n"
     "\"\"\"\n"
     "from typing import Union\n"
     "revision: str = \"aaaa1\"\n"
     "down_revision: Union[str, None] = None\n"
     "branch_labels: Union[str, Sequence[str], None] = None\n"
     "depends_on: \"str\" = None\n"
     "--- b.py\n"
     "\"\"\"Second\n"
     "\n"
     "Revision ID: bbbb1\n"
     "Revises: aaaa1\n"
     "\"\"\"\n"
     "revision = \"bbbb1\"\n"
     "down_revision = (\"aaaa1\")\n",
     "aaaa1 First of all:\n"
     "bbbb1 Second: aaaa1\n",
     false},
    {"parents in every spelling",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"b1\"\n"
     "down_revision = [\"aaaa1\"]\n"
     "--- c.py\n"
     "revision = \"c1\"\n"
     "down_revision = 'aaaa' '1'\n"
     "--- d.py\n"
     "revision = \"d1\"\n"
     "down_revision = (\n"
     "  \"b1\",  # one\n"
     "  \"c1\",\n"
     ")\n"
     "--- e.py\n"
     "revision = \"e1\"\n"
     "down_revision = \"d1\",\n"
     "--- f.py\n"
     "revision = \"f1\"\n"
     "down_revision = u'e1'; x = 1\n",
     "aaaa1:\n"
     "b1: aaaa1\n"
     "c1: aaaa1\n"
     "d1: b1 c1\n"
     "e1: d1\n"
     "f1: e1\n",
     false},
    {"chained assignment",
     "--- a.py\n"
     "x = revision = 1\n"
     "revision = y = \"a1\"\n"
     "down_revision = None\n",
     "a1:\n", false},
    {"merges and dependencies",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "branch_labels = (\"side\",)\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = \"bbbb1\"\n"
     "depends_on = \"side\"\n"
     "--- e.py\n"
     "revision = \"eeee1\"\n"
     "down_revision = \"dddd1\"\n"
     "depends_on = [\"cccc1\", \"dddd1\"]\n",
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: aaaa1\n"
     "dddd1: bbbb1 cccc1\n"
     "eeee1: dddd1 cccc1\n",
     false},
    {"an autocommit block",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "def upgrade():\n"
     "    with op.get_context().autocommit_block():\n"
     "        op.execute(\"x\")\n",
     "aaaa1:\n"
     "bbbb1 (none): aaaa1\n",
     false},
    {"assigned elsewhere",
     "--- a.py\n"
     "if x:\n"
     "    revision = \"b1\"\n"
     "def f():\n"
     "    down_revision = \"x\"\n"
     "revision = \"a1\"\n"
     "down_revision = None\n",
     "a1:\n", false},
    {"no revision",
     "--- a.py\n"
     "import os\n",
     "fault no-revision: 1 a.py:1:1+9: 'a.py' is no revision: nothing is assigned to 'revision' / "
     "Alembic fails on it, too: move it to another folder, or write its id.\n",
     false},
    {"no revision, only a comment",
     "--- a.py\n"
     "# nothing\n",
     "fault no-revision: 1 a.py:1:1+9: 'a.py' is no revision: nothing is assigned to 'revision' / "
     "Alembic fails on it, too: move it to another folder, or write its id.\n",
     false},
    {"no down_revision",
     "--- a.py\n"
     "revision = \"a1\"\n",
     "fault no-down-revision: 1 a.py:1:1+8: 'a.py' assigns nothing to 'down_revision' / Write "
     "down_revision = None for a first revision.\n",
     false},
    {"an annotation alone",
     "--- a.py\n"
     "revision = \"a1\"\n"
     "down_revision: str\n",
     "fault no-down-revision: 1 a.py:1:1+8: 'a.py' assigns nothing to 'down_revision' / Write "
     "down_revision = None for a first revision.\n",
     false},
    {"an id that is no literal",
     "--- a.py\n"
     "revision = make_id()\n"
     "down_revision = None\n",
     "fault not-literal: 1 a.py:1:12+9: 'revision' cannot be known without running Python / Write "
     "the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"an id that is a formatted text",
     "--- a.py\n"
     "revision = f\"a{1}\"\n"
     "down_revision = None\n",
     "fault not-literal: 1 a.py:1:12+7: 'revision' cannot be known without running Python / Write "
     "the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"an id that is None",
     "--- a.py\n"
     "revision = None\n"
     "down_revision = None\n",
     "fault not-literal: 1 a.py:1:12+4: 'revision' cannot be known without running Python / Write "
     "the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"an id that cannot be one",
     "--- a.py\n"
     "revision = \"a b\"\n"
     "down_revision = None\n",
     "fault id: 1 a.py:1:12+5: 'a b' cannot be an id / Use A-Z, a-z, 0-9, '.', '_' and '-' only, "
     "128 characters at most.\n",
     false},
    {"an empty id",
     "--- a.py\n"
     "revision = \"\"\n"
     "down_revision = None\n",
     "fault id: 1 a.py:1:12+2: '' cannot be an id / Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 "
     "characters at most.\n",
     false},
    {"a parent that is no literal",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = PARENT\n",
     "fault not-literal: 1 b.py:2:17+6: 'down_revision' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"one of the parents is no literal",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = (\"aaaa1\", parent())\n",
     "fault not-literal: 1 b.py:2:27+8: 'down_revision' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"a sum of tuples",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = (\"aaaa1\",) + x\n",
     "fault not-literal: 1 b.py:2:17+14: 'down_revision' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"labels and dependencies that are none",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "branch_labels = x\n"
     "depends_on = {1: 2}\n",
     "fault not-literal: 1 b.py:3:17+1: 'branch_labels' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n"
     "fault not-literal: 1 b.py:4:15+4: 'depends_on' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"assigned twice",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = None\n"
     "down_revision = \"aaaa1\"\n",
     "warning assigned-twice: 1 b.py:3:1+13: 'down_revision' is assigned twice, and the last one "
     "counts; b.py:2:1: first assigned here\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n",
     false},
    {"added to",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "down_revision += (\"x\",)\n",
     "warning assigned-twice: 1 b.py:3:1+13: 'down_revision' is assigned twice, and the last one "
     "counts; b.py:2:1: first assigned here\n"
     "fault not-literal: 1 b.py:3:1+13: 'down_revision' cannot be known without running Python / "
     "Write the value itself: a text in quotes, a tuple of texts, or None.\n",
     false},
    {"unpacked",
     "--- a.py\n"
     "revision, down_revision = \"a1\", None\n",
     "fault not-literal: 1 a.py:1:1+8: 'revision' cannot be known without running Python / Write "
     "the value itself: a text in quotes, a tuple of texts, or None.\n"
     "fault no-down-revision: 1 a.py:1:1+8: 'a.py' assigns nothing to 'down_revision' / Write "
     "down_revision = None for a first revision.\n",
     false},
    {"no Python",
     "--- a.py\n"
     "revision = \"a1\n"
     "--- b.py\n"
     "revision = \"b1\"\n"
     "down_revision = None\n",
     "fault python: 1 a.py:1:12+1: a string that does not end\n", false},
    {"a file that is cut off",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"b1\"\n"
     "down_revision = (\n",
     "fault python: 1 b.py:2:17+1: a bracket that is not closed\n", false},
    {"docstring and code: the id",
     "--- a.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: aaaa2\n"
     "Revises: \n"
     "\"\"\"\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "warning docstring-id: 1 a.py:3:14+5: the docstring says 'Revision ID: aaaa2'; a.py:6:12: the "
     "code says 'aaaa1', and that counts / Correct the docstring, or the code where it was copied "
     "from another file.\n"
     "aaaa1 x:\n",
     false},
    {"docstring and code: the parent",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: cccc1\n"
     "Revises: aaaa1\n"
     "\"\"\"\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"bbbb1\"\n",
     "warning docstring: 1 c.py:4:1+14: the docstring says 'Revises: aaaa1'; c.py:7:17: the code "
     "says 'bbbb1', and that counts / Find out which of them is right: Alembic does not read "
     "docstrings.\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1 x: bbbb1\n",
     false},
    {"docstring and code: the same in another order",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- d.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: dddd1\n"
     "Revises: cccc1, bbbb1\n"
     "\"\"\"\n"
     "revision = \"dddd1\"\n"
     "down_revision = (\"bbbb1\", \"cccc1\")\n",
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: aaaa1\n"
     "dddd1 x: bbbb1 cccc1\n",
     false},
    {"docstring and code: one parent less",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- d.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: dddd1\n"
     "Revises: bbbb1\n"
     "\"\"\"\n"
     "revision = \"dddd1\"\n"
     "down_revision = (\"bbbb1\", \"cccc1\")\n",
     "warning docstring: 1 d.py:4:1+14: the docstring says 'Revises: bbbb1'; d.py:7:17: the code "
     "says 'bbbb1', 'cccc1', and that counts / Find out which of them is right: Alembic does not "
     "read docstrings.\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: aaaa1\n"
     "dddd1 x: bbbb1 cccc1\n",
     false},
    {"a docstring that is raw, with other line ends",
     "--- a.py\n"
     "r\"\"\"x\r\n"
     "\r\n"
     "Revision ID: a2\r\n"
     "\"\"\"\r\n"
     "revision = \"a1\"\r\n"
     "down_revision = None\r\n",
     "warning docstring-id: 1 a.py:3:14+2: the docstring says 'Revision ID: a2'; a.py:5:12: the "
     "code says 'a1', and that counts / Correct the docstring, or the code where it was copied "
     "from another file.\n"
     "a1 x:\n",
     false},
    {"a lost parent",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: bbbb1\n"
     "Revises: aaaa1\n"
     "\"\"\"\n"
     "revision = \"bbbb1\"\n"
     "down_revision = None\n",
     "fault lost-parent: 1 b.py:7:17+4: revision 'bbbb1' has no parent, and its docstring names "
     "'aaaa1'; b.py:4:1: the docstring is here / Write down_revision = 'aaaa1', or take it out of "
     "the docstring.\n",
     false},
    {"a lost parent that nobody knows",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: bbbb1\n"
     "Revises: 9999\n"
     "\"\"\"\n"
     "revision = \"bbbb1\"\n"
     "down_revision = None\n",
     "fault graph: 1 a.py:1:12+7: the graph has 2 heads where one is expected: 'aaaa1', 'bbbb1'; "
     "b.py:6:12: another head is 'bbbb1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n"
     "warning docstring: 1 b.py:4:1+13: the docstring says 'Revises: 9999'; b.py:7:17: the code "
     "says None, and that counts / Find out which of them is right: Alembic does not read "
     "docstrings.\n"
     "fault graph: 1 b.py:6:12+7: revision 'bbbb1' has no parents: another root; a.py:1:12: the "
     "first root is 'aaaa1' / Name its lost parent in 'down_revision'; if several roots are meant, "
     "say '--branches', or give each but one 'branch_labels'.\n",
     false},
    {"a docstring that says None",
     "--- a.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: aaaa1\n"
     "Revises: None\n"
     "\"\"\"\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "aaaa1 x:\n", false},
    {"a parent by its file",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b_two.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"a\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"versions/b_two.py\"\n",
     "fault file-name: 1 b_two.py:2:17+3: 'a' is the name of a file, and no revision; a.py:1:12: "
     "the id is here / Write 'aaaa1'.\n"
     "fault file-name: 1 c.py:2:17+19: 'versions/b_two.py' is the name of a file, and no revision; "
     "b_two.py:1:12: the id is here / Write 'bbbb1'.\n",
     false},
    {"a parent by the front of its id",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa\"\n",
     "fault partial-id: 1 b.py:2:17+6: 'aaaa' is the beginning of an id, and no revision; "
     "a.py:1:12: the id is here / Write 'aaaa1'.\n",
     false},
    {"the front of two ids",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"aaaa2\"\n"
     "down_revision = \"aaaa\"\n",
     "fault graph: 1 b.py:2:17+6: revision 'aaaa2' has an unknown parent 'aaaa' / Did you mean "
     "'aaaa1' (a.py, line 1)?\n",
     false},
    {"an unknown parent, and one that is near",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa2\"\n",
     "fault graph: 1 b.py:2:17+7: revision 'bbbb1' has an unknown parent 'aaaa2' / Did you mean "
     "'aaaa1' (a.py, line 1)?\n",
     false},
    {"an unknown parent, and nothing near",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"zzzzzz\"\n",
     "fault graph: 1 a.py:1:12+7: the graph has 2 heads where one is expected: 'aaaa1', 'bbbb1'; "
     "b.py:1:12: another head is 'bbbb1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n"
     "fault graph: 1 b.py:2:17+8: revision 'bbbb1' has an unknown parent 'zzzzzz' / No file has "
     "it: perhaps one is missing here.\n",
     false},
    {"an unknown parent, and a docstring that knows",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: bbbb1\n"
     "Revises: aaaa1\n"
     "\"\"\"\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"zzzzzz\"\n",
     "fault unknown-parent: 1 b.py:7:17+8: revision 'bbbb1' has an unknown parent 'zzzzzz'; "
     "b.py:4:1: the docstring names 'aaaa1' / Did you mean 'aaaa1'?\n",
     false},
    {"a parent that cannot be shown",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"\\x1b[1m\"\n",
     "fault graph: 1 a.py:1:12+7: the graph has 2 heads where one is expected: 'aaaa1', 'bbbb1'; "
     "b.py:1:12: another head is 'bbbb1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n"
     "fault graph: 1 b.py:2:17+9: revision 'bbbb1' has an unknown parent '\\x1B[1m' / No file has "
     "it: perhaps one is missing here.\n",
     false},
    {"twice the same id",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "fault graph: 1 b.py:1:12+7: revision 'aaaa1' is defined twice; a.py:1:12: first defined "
     "here\n",
     false},
    {"its own parent",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = \"aaaa1\"\n",
     "fault graph: 1 a.py:2:17+7: revision 'aaaa1' names itself as its parent\n", false},
    {"a cycle with dates",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: bbbb1\n"
     "Revises: dddd1\n"
     "Create Date: 2024-01-02\n"
     "\"\"\"\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"dddd1\"\n"
     "--- c.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: cccc1\n"
     "Revises: bbbb1\n"
     "Create Date: 2024-01-03\n"
     "\"\"\"\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"bbbb1\"\n"
     "--- d.py\n"
     "\"\"\"x\n"
     "\n"
     "Revision ID: dddd1\n"
     "Revises: cccc1, aaaa1\n"
     "Create Date: 2024-01-04\n"
     "\"\"\"\n"
     "revision = \"dddd1\"\n"
     "down_revision = (\"cccc1\", \"aaaa1\")\n",
     "fault graph: 1 b.py:7:12+7: revision 'bbbb1' is in a cycle: 'bbbb1' after 'dddd1' after "
     "'cccc1' after 'bbbb1'; b.py:8:17: 'bbbb1' names 'dddd1' as its parent; d.py:8:18: 'dddd1' "
     "names 'cccc1' as its parent; c.py:8:17: 'cccc1' names 'bbbb1' as its parent; b.py:8:17: this "
     "closes it: 'bbbb1' was created before 'dddd1' / Give 'bbbb1' another parent than 'dddd1'.\n",
     false},
    {"a cycle without dates",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"cccc1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = (\"bbbb1\", \"aaaa1\")\n",
     "fault graph: 1 b.py:1:12+7: revision 'bbbb1' is in a cycle: 'bbbb1' after 'cccc1' after "
     "'bbbb1'; b.py:2:17: 'bbbb1' names 'cccc1' as its parent; c.py:2:18: 'cccc1' names 'bbbb1' as "
     "its parent\n",
     false},
    {"a cycle of depends_on",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "depends_on = \"cccc1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"bbbb1\"\n",
     "fault graph: 1 b.py:1:12+7: revision 'bbbb1' is in a cycle: 'bbbb1' after 'cccc1' after "
     "'bbbb1'; b.py:3:14: 'bbbb1' names 'cccc1' as its parent; c.py:2:17: 'cccc1' names 'bbbb1' as "
     "its parent\n",
     false},
    {"two roots",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = (\"bbbb1\", \"dddd1\")\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = None\n",
     "fault graph: 1 d.py:1:12+7: revision 'dddd1' has no parents: another root; a.py:1:12: the "
     "first root is 'aaaa1' / Name its lost parent in 'down_revision'; if several roots are meant, "
     "say '--branches', or give each but one 'branch_labels'.\n",
     false},
    {"two roots that are meant",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = (\"bbbb1\", \"dddd1\")\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = None\n",
     "roots aaaa1 dddd1\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: bbbb1 dddd1\n"
     "dddd1:\n",
     true},
    {"two roots with a label",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = (\"bbbb1\", \"dddd1\")\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = None\n"
     "branch_labels = \"more\"\n",
     "roots aaaa1 dddd1\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: bbbb1 dddd1\n"
     "dddd1:\n",
     false},
    {"two heads",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n",
     "fault graph: 1 b.py:1:12+7: the graph has 2 heads where one is expected: 'bbbb1', 'cccc1'; "
     "c.py:1:12: another head is 'cccc1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n",
     false},
    {"two heads that are meant",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n",
     "heads bbbb1 cccc1\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: aaaa1\n",
     true},
    {"two heads with a label",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "branch_labels = [\"c\"]\n",
     "heads bbbb1 cccc1\n"
     "aaaa1:\n"
     "bbbb1: aaaa1\n"
     "cccc1: aaaa1\n",
     false},
    {"two heads behind one label",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "branch_labels = [\"b\"]\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"bbbb1\"\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = \"bbbb1\"\n",
     "fault graph: 1 c.py:1:12+7: the graph has 2 heads where one is expected: 'cccc1', 'dddd1'; "
     "d.py:1:12: another head is 'dddd1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n",
     false},
    {"heads beside other mistakes",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- d.py\n"
     "revision = \"dddd1\"\n"
     "down_revision = \"cccc2\"\n",
     "fault graph: 1 b.py:1:12+7: the graph has 2 heads where one is expected: 'bbbb1', 'dddd1'; "
     "d.py:1:12: another head is 'dddd1' / Merge them: 'alembic merge heads'; if several are "
     "meant, say '--branches', or give each but one 'branch_labels'.\n"
     "fault graph: 1 d.py:2:17+7: revision 'dddd1' has an unknown parent 'cccc2' / Did you mean "
     "'cccc1' (c.py, line 1)?\n",
     false},
    {"a label twice",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "branch_labels = \"x\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"bbbb1\"\n"
     "branch_labels = [\"y\", \"x\"]\n",
     "fault label-twice: 1 c.py:3:23+3: the label 'x' is another revision's, too; b.py:3:17: first "
     "used here\n",
     false},
    {"a dependency on nothing",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "depends_on = \"nowhere\"\n",
     "fault unknown-dependency: 1 b.py:3:14+9: revision 'bbbb1' depends on 'nowhere', which is "
     "neither a revision nor a label / Name an id, or a label of 'branch_labels'.\n",
     false},
    {"a dependency by its file",
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n"
     "--- b_two.py\n"
     "revision = \"bbbb1\"\n"
     "down_revision = \"aaaa1\"\n"
     "--- c.py\n"
     "revision = \"cccc1\"\n"
     "down_revision = \"aaaa1\"\n"
     "depends_on = \"b_two\"\n",
     "fault file-name: 1 c.py:3:14+7: 'b_two' is the name of a file, and no revision; "
     "b_two.py:1:12: the id is here / Write 'bbbb1'.\n",
     true},
    {"a long id",
     "--- a.py\n"
     "revision = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n"
     "down_revision = None\n",
     "warning long-id: 1 a.py:1:12+35: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' has 33 characters, and "
     "Alembic's table has room for 32 / A manifest with 'alembic: keep' refuses it.\n"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:\n",
     false},
    {"an environment",
     "--- env.py\n"
     "context.configure(\n"
     "    url=url, transactional_ddl=False,\n"
     "    version_table=\"my_versions\", transaction_per_migration=True)\n"
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "warning transactional-ddl: 1 env.py:2:32+5: Alembic runs these revisions without "
     "transactions / sqlferry makes one of each revision, unless its manifest says 'transaction: "
     "none'.\n"
     "aaaa1:\n",
     false},
    {"an environment that must be run",
     "--- env.py\n"
     "context.configure(transactional_ddl=is_new(), version_table=x)\n"
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "warning not-literal: 1 env.py:1:37+8: 'transactional_ddl' cannot be known without running "
     "Python: sqlferry makes one transaction of each revision\n"
     "aaaa1:\n",
     false},
    {"an environment that is no Python",
     "--- env.py\n"
     "(\n"
     "--- a.py\n"
     "revision = \"aaaa1\"\n"
     "down_revision = None\n",
     "fault python: 1 env.py:1:1+1: a bracket that is not closed\n", false},
};

static void add_file(struct arena *arena, struct alembic_tree *tree, struct text name,
                     struct text text)
{
    struct source *source = arena_one(arena, struct source);

    *source = (struct source){name, text};
    if (text_equal(name, TEXT("env.py")))
        layout_alembic_read_env(arena, source, tree);
    else
        layout_alembic_add(arena, source, tree);
}

static void add_files(struct arena *arena, struct alembic_tree *tree, struct text files)
{
    struct text mark = TEXT("--- ");

    while (files.size) {
        struct text name = text_cut(&files, '\n');
        size_t size = text_starts(files, mark) ? 0 : text_find(files, TEXT("\n--- ")) + 1;

        assert_true(text_starts(name, mark));
        add_file(arena, tree, text_slice(name, mark.size, name.size), text_slice(files, 0, size));
        files = text_slice(files, size, files.size);
    }
}

static void show_references(struct buffer *shown, const char *name, const struct reference *list,
                            size_t count)
{
    if (!count)
        return;
    buffer_format(shown, "%s", name);
    for (size_t i = 0; i < count; i++)
        buffer_format(shown, " %.*s", TEXT_ARGS(list[i].id));
    buffer_add(shown, TEXT("\n"));
}

static void show_manifest(struct buffer *shown, const struct manifest *manifest)
{
    show_references(shown, "roots", manifest->roots, manifest->root_count);
    show_references(shown, "heads", manifest->heads, manifest->head_count);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];
        buffer_format(shown, "%.*s%s%.*s%s:", TEXT_ARGS(revision->id),
                      revision->title.size ? " " : "", TEXT_ARGS(revision->title),
                      revision->transactional ? "" : " (none)");
        show_references(shown, "", revision->parents, revision->parent_count);
        if (!revision->parent_count)
            buffer_add(shown, TEXT("\n"));
    }
}

static void test_row(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(buffer_free) struct buffer shown = {0};
    struct alembic_tree tree = {0};
    struct manifest manifest;

    add_files(arena, &tree, text_from(row->files));
    alembic_graph_check(arena, &tree, row->branches, &manifest);
    for (const struct finding *finding = tree.findings.first; finding; finding = finding->next)
        buffer_format(&shown, "%s %s: %s\n",
                      finding->severity == FINDING_FAULT ? "fault" : "warning", finding->name,
                      support_show(arena, finding->error));
    if (!tree.findings.fault_count)
        show_manifest(&shown, &manifest);
    buffer_reserve(&shown, 1)[0] = '\0';
    assert_string_equal(shown.bytes, row->expected);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    return support_run("layout_alembic", &tests);
}
