#include "report.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    EXCERPT_COLUMNS_MAX = 100, /* of a source line that is shown */
    SCREEN_COLUMNS = 80,       /* of a terminal that does not say how many it has */
};

/* A terminal that can do more than print. */
static bool is_live(FILE *file)
{
    const char *terminal = getenv("TERM");

    return isatty(fileno(file)) && terminal && strcmp(terminal, "dumb") != 0;
}

static bool has_colour(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");

    return is_live(file) && !(no_colour && *no_colour);
}

static size_t screen_columns(FILE *file)
{
    struct winsize size;

    if (!isatty(fileno(file)))
        return 0;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
                                                                      : SCREEN_COLUMNS;
}

/* The first of these that is set decides (POSIX.1-2017, XBD 8.2); setlocale would do more. */
static bool has_unicode(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *locale = getenv(names[i]);

        if (locale && *locale)
            return strcasestr(locale, "utf-8") || strcasestr(locale, "utf8");
    }
    return false;
}

struct report report_new(struct arena *arena, FILE *results, FILE *messages)
{
    return (struct report){
        .results = results,
        .messages = messages,
        .arena = arena,
        .colour = has_colour(messages),
        .live = is_live(messages),
        .screen = {has_colour(results), screen_columns(results), has_unicode()},
    };
}

static void clear_progress(struct report *report)
{
    if (report->drawn)
        fputs("\r\033[K", report->messages);
    report->drawn = false;
}

static void put(FILE *file, struct text text)
{
    fwrite(text.bytes, 1, text.size, file);
}

static void put_safe(struct report *report, FILE *file, struct text text)
{
    put(file, arena_escape(report->arena, text));
}

static void put_line(struct report *report, FILE *file, const char *format, va_list values)
{
    clear_progress(report);
    put_safe(report, file, arena_format_list(report->arena, format, values));
    fputc('\n', file);
}

void report_line(struct report *report, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    put_line(report, report->results, format, values);
    va_end(values);
}

static const char *style_code(unsigned style)
{
    static const char *const codes[] = {
        [STYLE_FAINT] = "2",    [STYLE_WRONG] = "1;31", [STYLE_HUE] = "36",
        [STYLE_HUE + 1] = "33", [STYLE_HUE + 2] = "35", [STYLE_HUE + 3] = "32",
        [STYLE_HUE + 4] = "34",
    };
    static_assert(COUNT(codes) == STYLE_HUE + HUE_COUNT, "each hue has its code");

    return codes[style];
}

void report_pieces(struct report *report, const struct piece *pieces, size_t count)
{
    FILE *file = report->results;

    clear_progress(report);
    for (size_t i = 0; i < count; i++) {
        bool is_styled = report->screen.colour && pieces[i].style != STYLE_PLAIN;

        if (is_styled)
            fprintf(file, "\033[%sm", style_code(pieces[i].style));
        put_safe(report, file, pieces[i].text);
        if (is_styled)
            fputs("\033[0m", file);
    }
    fputc('\n', file);
}

void report_note(struct report *report, const char *format, ...)
{
    va_list values;

    if (report->quiet)
        return;
    va_start(values, format);
    put_line(report, report->messages, format, values);
    va_end(values);
}

void report_bytes(struct report *report, struct text bytes)
{
    if (!isatty(fileno(report->results))) {
        put(report->results, bytes);
        return;
    }
    while (bytes.size) {
        size_t end = 0;

        while (end < bytes.size && bytes.bytes[end] != '\n' && bytes.bytes[end] != '\t')
            end++;
        put_safe(report, report->results, text_slice(bytes, 0, end));
        if (end < bytes.size)
            fputc(bytes.bytes[end], report->results);
        bytes = text_slice(bytes, end + 1, bytes.size);
    }
}

void report_progress(struct report *report, const char *format, ...)
{
    va_list values;

    if (report->quiet)
        return;
    va_start(values, format);
    if (report->live) {
        clear_progress(report);
        put_safe(report, report->messages, arena_format_list(report->arena, format, values));
        fflush(report->messages);
        report->drawn = true;
    } else {
        put_line(report, report->messages, format, values);
    }
    va_end(values);
}

static void put_colour(struct report *report, const char *code)
{
    if (report->colour)
        fprintf(report->messages, "\033[%sm", code);
}

/* Tabs become a blank, so that the caret below stands where the text above does. */
static struct text excerpt_text(struct report *report, struct text text)
{
    char *bytes = (char *)arena_copy(report->arena, text).bytes;

    for (size_t i = 0; i < text.size; i++)
        if (bytes[i] == '\t')
            bytes[i] = ' ';
    return arena_escape(report->arena, (struct text){bytes, text.size});
}

/* The longest front or back of text that has at most this many characters. */
static struct text front(struct text text, size_t characters)
{
    struct text rest = text;

    while (rest.size && characters--)
        text_next(&rest);
    return text_slice(text, 0, text.size - rest.size);
}

static struct text back(struct text text, size_t characters)
{
    size_t length = text_length(text);

    while (length-- > characters)
        text_next(&text);
    return text;
}

static void put_repeated(FILE *file, char byte, size_t count)
{
    while (count--)
        fputc(byte, file);
}

static void put_excerpt(struct report *report, struct span span, struct place place)
{
    FILE *file = report->messages;
    size_t left = place.text.size - place.offset;
    struct text line = place.text;
    struct text before = text_slice(line, 0, place.offset);
    struct text marked = text_slice(line, place.offset, span.size < left ? span.size : left);
    struct text after = text_slice(line, place.offset + marked.size, line.size);
    const char *left_out = "", *right_out = "";

    /* Of a very long line, the part around the place. */
    if (text_length(line) > EXCERPT_COLUMNS_MAX) {
        struct text short_before = back(before, EXCERPT_COLUMNS_MAX / 2);
        struct text short_marked = front(marked, EXCERPT_COLUMNS_MAX / 2);
        bool marks_all = short_marked.size == marked.size;
        struct text short_after = front(after, marks_all ? EXCERPT_COLUMNS_MAX / 2 : 0);

        left_out = short_before.size < before.size ? "..." : "";
        right_out = !marks_all || short_after.size < after.size ? "..." : "";
        before = short_before;
        marked = short_marked;
        after = short_after;
    }
    before = excerpt_text(report, before);
    marked = excerpt_text(report, marked);
    after = excerpt_text(report, after);

    int margin = fprintf(file, "%5zu ", place.line);
    fprintf(file, "|%s%s", line.size ? " " : "", left_out);
    put(file, before);
    put(file, marked);
    put(file, after);
    fprintf(file, "%s\n%*s| ", right_out, margin, "");
    put_repeated(file, ' ', strlen(left_out) + text_columns(before));
    put_colour(report, "1;32");
    fputc('^', file);
    size_t columns = text_columns(marked);
    put_repeated(file, '~', columns > 1 ? columns - 1 : 0);
    put_colour(report, "0");
    fputc('\n', file);
}

static void put_message(struct report *report, struct span span, const char *kind,
                        const char *colour, struct text message, bool excerpt)
{
    struct place place = {0};

    if (span.source) {
        place = span_place(span);
        put_safe(report, report->messages, span.source->name);
        fprintf(report->messages, ":%zu:%zu: ", place.line, place.column);
    }
    put_colour(report, colour);
    fputs(kind, report->messages);
    put_colour(report, "0");
    fputs(": ", report->messages);
    put_safe(report, report->messages, message);
    fputc('\n', report->messages);
    if (span.source && excerpt)
        put_excerpt(report, span, place);
}

static void put_error(struct report *report, const char *kind, const char *colour,
                      const struct error *error)
{
    put_message(report, error->span, kind, colour, error->message, true);
    for (const struct note *note = error->notes; note; note = note->next)
        put_message(report, note->span, "note", "1;36", note->message, false);
    if (error->hint.size)
        put_message(report, (struct span){0}, "hint", "1;33", error->hint, false);
}

void report_error(struct report *report, const struct error *error)
{
    clear_progress(report);
    for (; error; error = error->next)
        put_error(report, "error", "1;31", error);
}

void report_finding(struct report *report, const char *kind, const struct error *error)
{
    if (report->quiet)
        return;
    clear_progress(report);
    put_error(report, kind, "1;35", error);
}

struct error *report_finish(struct report *report)
{
    clear_progress(report);
    if (fflush(report->results) != 0 || ferror(report->results))
        return error_system(report->arena, "cannot write the results");
    return NULL;
}
