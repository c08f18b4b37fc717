#include "error.h"

#include <errno.h>
#include <string.h>

static struct error *make(struct arena *arena, enum error_code code, struct span span,
                          struct text message)
{
    struct error *error = arena_one(arena, struct error);

    *error = (struct error){.code = code, .span = span, .message = message};
    return error;
}

struct error *error_plain(struct arena *arena, enum error_code code, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(arena, format, values);
    va_end(values);
    return make(arena, code, (struct span){0}, message);
}

struct error *error_at(struct arena *arena, enum error_code code, struct span span,
                       const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(arena, format, values);
    va_end(values);
    return make(arena, code, span, message);
}

struct error *error_system(struct arena *arena, const char *format, ...)
{
    int number = errno;
    va_list values;

    va_start(values, format);
    struct text what = arena_format_list(arena, format, values);
    va_end(values);
    struct text message = arena_format(arena, "%.*s: %s", TEXT_ARGS(what), strerror(number));
    return make(arena, ERROR_SYSTEM, (struct span){0}, message);
}

struct error *error_hint(struct arena *arena, struct error *error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    error->hint = arena_format_list(arena, format, values);
    va_end(values);
    return error;
}

struct error *error_note(struct arena *arena, struct error *error, struct span span,
                         const char *format, ...)
{
    struct note *note = arena_one(arena, struct note), **end = &error->notes;
    va_list values;

    va_start(values, format);
    *note = (struct note){.span = span, .message = arena_format_list(arena, format, values)};
    va_end(values);
    while (*end)
        end = &(*end)->next;
    *end = note;
    return error;
}

void errors_add(struct errors *errors, struct error *error)
{
    while (error && !errors_full(errors)) {
        struct error *next = error->next;

        error->next = NULL;
        if (errors->last)
            errors->last->next = error;
        else
            errors->first = error;
        errors->last = error;
        errors->count++;
        error = next;
    }
}

bool errors_full(const struct errors *errors)
{
    return errors->count >= ERRORS_MAX;
}

/* Errors of one source by their offset; those of different sources keep the order they came in. */
static bool belongs_before(const struct error *a, const struct error *b)
{
    return a->span.source && a->span.source == b->span.source && a->span.offset < b->span.offset;
}

struct error *errors_sorted(struct errors *errors)
{
    struct error *sorted = NULL;

    for (struct error *error = errors->first, *next; error; error = next) {
        struct error **place = &sorted;

        next = error->next;
        while (*place && !belongs_before(error, *place))
            place = &(*place)->next;
        error->next = *place;
        *place = error;
    }
    *errors = (struct errors){0};
    return sorted;
}

int error_status(const struct error *error)
{
    static const int statuses[] = {
        [ERROR_INPUT] = 1,  [ERROR_USAGE] = 2, [ERROR_UNTRUSTED] = 3, [ERROR_DATABASE] = 4,
        [ERROR_SYSTEM] = 5, [ERROR_STATE] = 6, [ERROR_LOCKED] = 7,    [ERROR_UNKNOWN] = 8,
    };

    return error ? statuses[error->code] : 0;
}
