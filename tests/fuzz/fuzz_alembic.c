/*
 * What is read of a history of Alembic: a revision file, together with two others; env.py and
 * alembic.ini; the SQL that it renders. Where the history is accepted, it has an order.
 */
#include "compiler/alembic_graph.h"
#include "compiler/alembic_sql.h"
#include "compiler/order.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static void check_findings(struct arena *arena, const struct alembic_tree *tree)
{
    for (const struct finding *finding = tree->findings.first; finding; finding = finding->next) {
        assert(!finding->error->next);
        fuzz_check_error(arena, finding->error);
    }
}

/* Each token lies behind the one before it. */
static void check_tokens(struct arena *arena, const struct source *source)
{
    struct python python;
    size_t end = 0;

    python_begin(&python, arena, source);
    for (struct python_token token = python_next(&python); token.kind != PYTHON_END;
         token = python_next(&python)) {
        assert(token.offset >= end && token.size <= source->text.size - token.offset);
        assert(python.depth <= PYTHON_DEPTH_MAX);
        end = token.offset + token.size;
    }
    fuzz_check_error(arena, python.error);
}

static void check_sections(struct arena *arena, struct alembic_tree *tree,
                           const struct source *source, enum script_kind kind)
{
    struct alembic_sections sections = {0};

    fuzz_check_error(arena, alembic_sql_cut(arena, tree, source, kind, &sections));
    assert(sections.count <= tree->count);
}

void fuzz_alembic(struct arena *arena, struct text input)
{
    static const struct source others[] = {
        {TEXT("first.py"), TEXT("'''\n\nRevises: c\n'''\nrevision = 'a'\ndown_revision = None\n")},
        {TEXT("third.py"), TEXT("revision = 'c'\ndown_revision = 'a', 'b'\ndepends_on = 'b'\n"
                                "branch_labels = 'label'\n")},
    };
    const struct source source = {TEXT("second.py"), input};
    struct alembic_settings settings = {0};
    struct alembic_tree tree = {0};
    struct manifest manifest;
    struct order order;

    check_tokens(arena, &source);
    layout_alembic_add(arena, &others[0], &tree);
    layout_alembic_add(arena, &source, &tree);
    layout_alembic_add(arena, &others[1], &tree);
    layout_alembic_read_env(arena, &source, &tree);
    alembic_graph_check(arena, &tree, false, &manifest);
    check_findings(arena, &tree);
    if (!tree.findings.fault_count) {
        order_linearize(arena, &manifest, &order);
        assert(order.count == tree.count);
    }
    fuzz_check_error(arena, layout_alembic_read_ini(arena, &source, &settings, &tree));
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        tree.dialect = (enum dialect)i;
        check_sections(arena, &tree, &source, SCRIPT_UP);
        check_sections(arena, &tree, &source, SCRIPT_DOWN);
    }
}
