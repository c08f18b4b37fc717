#include "alembic.h"

/* As Alembic itself makes it; its column is why an id may have 32 characters (ferry.yaml(5)). */
static const struct text create_table = {
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
    sizeof("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL,"
           " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))") -
        1};

struct alembic {
    const struct index *index;
    bool *applied;    /* by position in the index */
    size_t *children; /* of each, how many are applied: one without is a head, and in the table */
    bool is_filled;   /* the table has the heads */
};

static void set_applied(struct alembic *alembic, size_t position, bool applied)
{
    const struct index_step *step = &alembic->index->steps[position];

    if (alembic->applied[position] == applied)
        return;
    alembic->applied[position] = applied;
    for (size_t i = 0; i < step->parent_count; i++) {
        size_t parent =
            (size_t)(index_find(alembic->index, step->parents[i]) - alembic->index->steps);

        alembic->children[parent] += applied ? 1 : (size_t)-1;
    }
}

static bool is_head(const struct alembic *alembic, size_t position)
{
    return alembic->applied[position] && alembic->children[position] == 0;
}

/* That the rows are the heads, all of them and nothing else. */
static bool is_equal(const struct alembic *alembic, const struct rows *rows)
{
    size_t heads = 0;

    for (size_t i = 0; i < alembic->index->step_count; i++)
        heads += is_head(alembic, i);
    for (size_t i = 0; i < rows->count; i++) {
        const struct index_step *step = index_find(alembic->index, rows->cells[i]);

        if (!step || !is_head(alembic, (size_t)(step - alembic->index->steps)))
            return false;
    }
    return rows->count == heads;
}

static struct text join_rows(struct arena *arena, const struct rows *rows)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < rows->count; i++)
        joined = arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(joined), i ? ", " : "",
                              TEXT_ARGS(rows->cells[i]));
    return joined.size ? joined : TEXT("nothing");
}

static struct text join_heads(struct arena *arena, const struct alembic *alembic)
{
    struct text joined = TEXT("");

    for (size_t i = 0; i < alembic->index->step_count; i++)
        if (is_head(alembic, i))
            joined = arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(joined), joined.size ? ", " : "",
                                  TEXT_ARGS(alembic->index->steps[i].id));
    return joined.size ? joined : TEXT("nothing");
}

static struct error *read_table(struct arena *arena, struct target *target, bool *has,
                                struct rows *rows)
{
    struct error *error =
        target->operations->has_table(arena, target, TEXT("alembic_version"), has);

    *rows = (struct rows){0};
    if (error || !*has)
        return error;
    return target->operations->ask(
        arena, target, TEXT("SELECT version_num FROM alembic_version ORDER BY version_num"), rows);
}

/* The row of a revision is taken away when all of it is undone, not before. */
static bool is_recorded(const struct step_state *step)
{
    if (step->standing == STEP_STOPPED || step->standing == STEP_INTERRUPTED)
        return step->kind == SCRIPT_DOWN;
    return step->standing == STEP_APPLIED;
}

struct error *alembic_open(struct arena *arena, struct target *target, const struct index *index,
                           const struct ledger_state *state, struct alembic **alembic)
{
    struct alembic *opened = arena_one(arena, struct alembic);
    struct rows rows;
    bool has = false;
    struct error *error = read_table(arena, target, &has, &rows);

    if (error)
        return error;
    *opened = (struct alembic){
        .index = index,
        .applied = arena_array(arena, bool, index->step_count),
        .children = arena_array(arena, size_t, index->step_count),
        .is_filled = rows.count > 0,
    };
    for (size_t i = 0; i < index->step_count; i++)
        set_applied(opened, i, is_recorded(&state->steps[i]));
    /* Without rows it says that nothing is applied; without the table, it says nothing. */
    if (has && !is_equal(opened, &rows))
        return error_hint(
            arena,
            error_plain(arena, ERROR_STATE, "alembic_version says %.*s, the ledger says %.*s",
                        TEXT_ARGS(join_rows(arena, &rows)), TEXT_ARGS(join_heads(arena, opened))),
            state->applied ? "Somebody used Alembic in between, or it was not kept in step before: "
                             "bring both to one state first."
                           : "Adopt what Alembic has done: 'sqlland stamp --from alembic'.");
    *alembic = opened;
    return NULL;
}

static struct text insert_version(struct arena *arena, struct text id)
{
    return arena_format(arena, "INSERT INTO alembic_version (version_num) VALUES ('%.*s')",
                        TEXT_ARGS(id));
}

static struct text delete_version(struct arena *arena, struct text id)
{
    return arena_format(arena, "DELETE FROM alembic_version WHERE version_num = '%.*s'",
                        TEXT_ARGS(id));
}

/* The whole table, for a row that is the first to be written beside it. */
static void fill(struct arena *arena, struct alembic *alembic, struct alembic_change *change)
{
    change->statements = arena_array(arena, struct text, alembic->index->step_count + 2);
    change->statements[change->count++] = create_table;
    for (size_t i = 0; i < alembic->index->step_count; i++)
        if (is_head(alembic, i))
            change->statements[change->count++] =
                insert_version(arena, alembic->index->steps[i].id);
    alembic->is_filled = true;
}

static void step_up(struct arena *arena, const struct index_step *step,
                    struct alembic_change *change)
{
    for (size_t i = 0; i < step->parent_count; i++)
        change->statements[change->count++] = delete_version(arena, step->parents[i]);
    change->statements[change->count++] = insert_version(arena, step->id);
}

static void step_down(struct arena *arena, const struct alembic *alembic,
                      const struct index_step *step, struct alembic_change *change)
{
    change->statements[change->count++] = delete_version(arena, step->id);
    for (size_t i = 0; i < step->parent_count; i++) {
        const struct index_step *parent = index_find(alembic->index, step->parents[i]);

        if (is_head(alembic, (size_t)(parent - alembic->index->steps)))
            change->statements[change->count++] = insert_version(arena, parent->id);
    }
}

struct alembic_change alembic_follow(struct arena *arena, struct alembic *alembic,
                                     const struct ledger_row *row)
{
    const struct index_step *step = index_find(alembic->index, row->revision);
    struct alembic_change change = {0};

    if (row->event != LEDGER_APPLIED && row->event != LEDGER_FINISHED &&
        row->event != LEDGER_STAMPED)
        return change;
    set_applied(alembic, (size_t)(step - alembic->index->steps), row->kind == SCRIPT_UP);
    if (!alembic->is_filled) {
        fill(arena, alembic, &change);
        return change;
    }
    change.statements = arena_array(arena, struct text, step->parent_count + 1);
    if (row->kind == SCRIPT_UP)
        step_up(arena, step, &change);
    else
        step_down(arena, alembic, step, &change);
    return change;
}
