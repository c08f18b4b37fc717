#include "target.h"
#include "target_sqlite.h"

static bool is_keyword_string(struct text address)
{
    size_t equals = text_find_byte(address, '=');

    if (equals == 0 || equals == address.size)
        return false;
    for (size_t i = 0; i < equals; i++)
        if (!(address.bytes[i] >= 'a' && address.bytes[i] <= 'z') && address.bytes[i] != '_')
            return false;
    return true;
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

struct error *target_open(struct arena *arena, struct text address, enum target_access access,
                          struct target **target)
{
    struct text path = sqlite_path(address);

    if (is_postgresql(address))
        return error_plain(arena, ERROR_USAGE, "this sqlland applies to SQLite files only");
    if (path.size == 0)
        return error_plain(arena, ERROR_USAGE, "the target has no name");
    if (text_equal(path, TEXT(":memory:")))
        return error_plain(arena, ERROR_USAGE, "a database in memory would be gone at the end");
    return target_sqlite_open(arena, path, access, target);
}

void target_close(struct target **target)
{
    if (*target)
        (*target)->operations->close(*target);
    *target = NULL;
}
