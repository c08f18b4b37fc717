#include "target.h"
#include "target_postgresql.h"
#include "target_sqlite.h"

/* A path may hold a '='; a keyword string begins with a word that libpq knows. */
static bool is_keyword_string(struct text address)
{
    static const struct text keywords[] = {{"application_name", 16},
                                           {"connect_timeout", 15},
                                           {"dbname", 6},
                                           {"host", 4},
                                           {"hostaddr", 8},
                                           {"options", 7},
                                           {"passfile", 8},
                                           {"password", 8},
                                           {"port", 4},
                                           {"service", 7},
                                           {"sslmode", 7},
                                           {"target_session_attrs", 20},
                                           {"user", 4}};
    struct text word = text_trim(text_slice(address, 0, text_find_byte(address, '=')));

    for (size_t i = 0; i < COUNT(keywords); i++)
        if (word.size < address.size && text_equal(word, keywords[i]))
            return true;
    return false;
}

static bool is_postgresql(struct text address)
{
    return text_starts(address, TEXT("postgresql://")) ||
           text_starts(address, TEXT("postgres://")) || is_keyword_string(address);
}

static struct text sqlite_path(struct text address)
{
    static const struct text schemes[] = {{"sqlite3:", 8}, {"sqlite:", 7}};

    for (size_t i = 0; i < COUNT(schemes); i++) {
        if (text_starts(address, schemes[i])) {
            address = text_slice(address, schemes[i].size, address.size);
            return text_starts(address, TEXT("//")) ? text_slice(address, 2, address.size)
                                                    : address;
        }
    }
    return address;
}

struct error *target_open(struct arena *arena, struct text address,
                          const struct target_options *options, struct target **target)
{
    struct text path = sqlite_path(address);

    if (is_postgresql(address))
        return target_postgresql_open(arena, address, options, target);
    if (path.size == 0)
        return error_plain(arena, ERROR_USAGE, "the target has no name");
    if (text_equal(path, TEXT(":memory:")))
        return error_plain(arena, ERROR_USAGE, "a database in memory would be gone at the end");
    return target_sqlite_open(arena, path, options, target);
}

void target_close(struct target **target)
{
    if (*target)
        (*target)->operations->close(*target);
    *target = NULL;
}
