#include "conninfo.h"
#include "buffer.h"

/* A second one would stay where it stands, for others to see. */
static struct error *take_password(struct arena *arena, struct text password, struct text written,
                                   struct conninfo *conninfo)
{
    if (conninfo->written.bytes)
        return error_plain(arena, ERROR_USAGE, "the target holds two passwords");
    conninfo->password = password;
    conninfo->written = written;
    return NULL;
}

/* URIs: postgresql://[user[:password]@][host...][/dbname][?name=value&...] */

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static struct error *percent_decode(struct arena *arena, struct text text, struct text *decoded)
{
    char *bytes = arena_array(arena, char, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] != '%') {
            bytes[size++] = text.bytes[i];
            continue;
        }
        int high = i + 2 < text.size ? hex_value(text.bytes[i + 1]) : -1;
        int low = i + 2 < text.size ? hex_value(text.bytes[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return error_plain(arena, ERROR_USAGE, "the target has a broken percent code");
        bytes[size++] = (char)(high << 4 | low);
        i += 2;
    }
    *decoded = (struct text){bytes, size};
    return NULL;
}

static struct error *refuse_secret(struct arena *arena)
{
    return error_plain(arena, ERROR_USAGE,
                       "the target holds an sslpassword, which other users could see");
}

/* Takes password=... out of the parameters behind '?'. */
static struct error *take_parameters(struct arena *arena, struct text parameters,
                                     struct buffer *kept, struct conninfo *conninfo)
{
    bool first = true;

    while (parameters.size) {
        struct text parameter = text_cut(&parameters, '&'), value = parameter, name;
        struct error *error = percent_decode(arena, text_cut(&value, '='), &name);

        if (!error && text_equal(name, TEXT("sslpassword")))
            error = refuse_secret(arena);
        if (!error && text_equal(name, TEXT("password"))) {
            struct text password;

            error = percent_decode(arena, value, &password);
            if (!error)
                error = take_password(arena, password, value, conninfo);
        } else {
            buffer_add(kept, first ? TEXT("?") : TEXT("&"));
            buffer_add(kept, parameter);
            first = false;
        }
        if (error)
            return error;
    }
    return NULL;
}

static struct error *read_uri(struct arena *arena, struct text address, struct conninfo *conninfo)
{
    CLEANUP(buffer_free) struct buffer kept = {0};
    size_t start = text_find(address, TEXT("://")) + 3;
    struct text rest = text_slice(address, start, address.size);
    size_t at = SIZE_MAX;

    /* As libpq looks for it: the first '@' before any '/', even behind a '?'. */
    for (size_t i = 0; at == SIZE_MAX && i < rest.size && rest.bytes[i] != '/'; i++)
        if (rest.bytes[i] == '@')
            at = i;
    buffer_add(&kept, text_slice(address, 0, start));
    if (at != SIZE_MAX) {
        struct text password = text_slice(rest, 0, at), user = text_cut(&password, ':');

        if (user.size < at) {
            struct text decoded;
            struct error *error = percent_decode(arena, password, &decoded);

            if (!error)
                error = take_password(arena, decoded, password, conninfo);
            if (error)
                return error;
        }
        buffer_add(&kept, user);
        rest = text_slice(rest, at, rest.size);
    }
    size_t question = text_find_byte(rest, '?');
    buffer_add(&kept, text_slice(rest, 0, question));
    struct error *error =
        take_parameters(arena, text_slice(rest, question + 1, rest.size), &kept, conninfo);
    if (!error)
        conninfo->connection = arena_copy(arena, buffer_text(&kept));
    return error;
}

/* Keyword strings: name = value, the value in quotes where it has blanks, \ before ' and \ */

static void skip_blanks(struct text *text)
{
    while (text->size && (text->bytes[0] == ' ' || text->bytes[0] == '\t' ||
                          text->bytes[0] == '\n' || text->bytes[0] == '\r'))
        *text = text_slice(*text, 1, text->size);
}

static struct text take_word(struct text *rest)
{
    size_t size = 0;

    while (size < rest->size && rest->bytes[size] != '=' && rest->bytes[size] != ' ' &&
           rest->bytes[size] != '\t' && rest->bytes[size] != '\n')
        size++;
    struct text word = text_slice(*rest, 0, size);
    *rest = text_slice(*rest, size, rest->size);
    return word;
}

static struct error *take_value(struct arena *arena, struct text *rest, struct text *value)
{
    char *bytes = arena_array(arena, char, rest->size + 1);
    bool quoted = text_starts(*rest, TEXT("'"));
    size_t size = 0, at = quoted;

    for (; at < rest->size; at++) {
        char byte = rest->bytes[at];

        if (quoted ? byte == '\'' : byte == ' ' || byte == '\t' || byte == '\n')
            break;
        if (byte == '\\' && at + 1 < rest->size)
            byte = rest->bytes[++at];
        bytes[size++] = byte;
    }
    if (quoted && at == rest->size)
        return error_plain(arena, ERROR_USAGE, "a quote of the target is not closed");
    *rest = text_slice(*rest, at + quoted, rest->size);
    *value = (struct text){bytes, size};
    return NULL;
}

static struct error *read_keywords(struct arena *arena, struct text rest, struct conninfo *conninfo)
{
    CLEANUP(buffer_free) struct buffer kept = {0};

    for (skip_blanks(&rest); rest.size; skip_blanks(&rest)) {
        struct text start = rest, name = take_word(&rest), value;

        skip_blanks(&rest);
        if (!text_starts(rest, TEXT("=")))
            return error_plain(arena, ERROR_USAGE, "'%.*s' of the target has no value",
                               TEXT_ARGS(name));
        rest = text_slice(rest, 1, rest.size);
        skip_blanks(&rest);
        struct text written = rest;
        struct error *error = take_value(arena, &rest, &value);
        written.size -= rest.size;
        if (!error && text_equal(name, TEXT("sslpassword")))
            error = refuse_secret(arena);
        if (!error && text_equal(name, TEXT("password"))) {
            error = take_password(arena, value, written, conninfo);
            if (!error)
                continue;
        }
        if (error)
            return error;
        buffer_add(&kept, kept.size ? TEXT(" ") : TEXT(""));
        buffer_add(&kept, text_slice(start, 0, (size_t)(rest.bytes - start.bytes)));
    }
    conninfo->connection = arena_copy(arena, buffer_text(&kept));
    return NULL;
}

struct error *conninfo_read(struct arena *arena, struct text address, struct conninfo *conninfo)
{
    struct conninfo read = {0};
    struct error *error = text_find(address, TEXT("://")) < address.size
                              ? read_uri(arena, address, &read)
                              : read_keywords(arena, address, &read);

    if (!error)
        *conninfo = read;
    return error;
}
