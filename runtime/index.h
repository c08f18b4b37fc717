/* index.h - the signed text inside a bundle: read, write, byte-for-byte canonical. Floor 1. */
#pragma once

#include "buffer.h"
#include "crypto.h"
#include "dialect.h"

/* Caps are checked before anything is added or allocated. docs/format.md lists them. */
enum {
    INDEX_SIZE_MAX = 256 << 20,
    REVISIONS_MAX = 100000,
    PARENTS_MAX = 1024, /* of one revision */
    ID_SIZE_MAX = 128,
    PROJECT_SIZE_MAX = 64,
    RELEASE_SIZE_MAX = 64,
    VERSION_SIZE_MAX = 32,
    EXTENSIONS_MAX = 64,
    TARGETS_MAX = 64,
    NAME_SIZE_MAX = 63,            /* of a table, an index or an extension */
    TIMEOUT_MS_MAX = 86400 * 1000, /* a day */
    TITLE_SIZE_MAX = 1024,
    PATH_SIZE_MAX = 4096,
    SCHEMA_NUMBER_MAX = 999999,
    CHUNK_SIZE_MAX = 8 << 20, /* stored and plain alike */
    CHUNKS_MAX = 1 << 20,
    SCRIPT_SIZE_MAX = 256 << 20,
    CUTS_MAX = 1 << 20, /* of one script */
};

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* what JSON readers keep exact */

enum script_kind {
    SCRIPT_UP,
    SCRIPT_DOWN,
    SCRIPT_VERIFY,
    SCRIPT_SCHEMA, /* no SQL: what the up script changes in the schema, as schema_write has it */
};
enum { SCRIPT_KIND_COUNT = 3 /* that a manifest names */, STORED_KIND_COUNT = 4 };

enum script_presence {
    SCRIPT_ABSENT, /* the manifest does not mention it */
    SCRIPT_NONE,   /* `down: none`: declared irreversible */
    SCRIPT_FILE,
};

struct index_script {
    enum script_presence presence;
    uint64_t offset;      /* in its plain stream, behind the comment line that names it */
    uint64_t size;        /* bytes */
    struct digest digest; /* of the bytes that run */
    struct digest source; /* of the file they were made from */
    struct text path;     /* of that file, for messages */
    uint64_t *cuts;       /* where its pieces begin, ascending; none: it is one piece */
    size_t cut_count;
    struct index_build *builds; /* indexes that it builds outside a transaction */
    size_t build_count;
    bool foreign_keys_off; /* SQLite, up and down: runs without them, checked before COMMIT */
};

/*
 * A CREATE INDEX CONCURRENTLY, which leaves an invalid index where it is interrupted. Both names
 * are as the catalog has them; the table's may have a schema and a dot in front.
 */
struct index_build {
    uint64_t piece; /* from 0 */
    struct text table, name;
};

struct index_step {
    struct text id;
    struct text title; /* may be empty */
    struct text *parents;
    size_t parent_count;
    bool transactional;
    bool idempotent;
    uint64_t lock_timeout_ms, statement_timeout_ms; /* PostgreSQL; 0 for those of the run */
    struct index_script scripts[STORED_KIND_COUNT];
    struct digest schema; /* of the database behind it, where SCRIPT_SCHEMA is present */
};

/* The up stream is printed by `zstd -dc`; the side stream holds all else. */
enum stream { STREAM_UP, STREAM_SIDE };
enum { STREAM_COUNT = 2 };

struct index_chunk {
    enum stream stream;
    uint64_t stored_size, plain_size; /* bytes */
    struct digest digest;             /* of the stored bytes */
};

struct index {
    struct text project, release;
    enum dialect dialect;
    uint64_t sequence;
    uint64_t created;           /* seconds since 1970, UTC */
    uint64_t not_after;         /* likewise; 0 where the bundle does not expire */
    struct text server_version; /* least version of the target; empty for any */
    struct text *extensions;    /* PostgreSQL: what the target must have, each once */
    size_t extension_count;
    bool alembic_keep;    /* Alembic's table alembic_version is kept in step */
    struct text *targets; /* the hosts it is for, by the names they have; none means all */
    size_t target_count;
    /* How schemas are told, and the major version of the server they were taken on; 0 for none. */
    uint64_t schema_method, schema_major;
    struct text tool;           /* what built it: "sqlferry 0.1.0" */
    struct index_chunk *chunks; /* those of the up stream first */
    size_t chunk_count;
    struct index_step *steps; /* in the order they are applied */
    size_t step_count;
    const struct index_step **by_id; /* the steps sorted by id: made by index_sort */
};

/* Makes index_find work; index_read has done it. */
void index_sort(struct arena *arena, struct index *index);

/* Whether its steps have schemas: all or none do. */
bool index_has_schemas(const struct index *index);

/* returns  NULL where there is no such revision */
const struct index_step *index_find(const struct index *index, struct text id);

/*
 * How a script is sent: whole, or in the pieces of its cuts. What stands in front of the first cut
 * is blank or comment, and not sent.
 */
size_t index_piece_count(const struct index_script *script);
struct text index_piece(const struct index_script *script, struct text text, size_t number);

const char *script_kind_name(enum script_kind kind); /* "up", "down", "verify", "schema" */

/* What the grammar of docs/format.md allows. */
bool index_is_project(struct text text);   /* [a-z0-9][a-z0-9._-]* */
bool index_is_id(struct text text);        /* [A-Za-z0-9._-]+ */
bool index_is_release(struct text text);   /* printable ASCII without blanks */
bool index_is_version(struct text text);   /* numbers with dots between them */
bool index_is_name(struct text text);      /* [A-Za-z0-9_$]+, of tables and their indexes */
bool index_is_target(struct text text);    /* as an id */
bool index_is_extension(struct text text); /* [A-Za-z0-9_][A-Za-z0-9_-]* */

enum { TIME_SIZE = 20 };
struct text index_time(struct arena *arena, uint64_t seconds); /* "2026-11-22T23:36:00Z" */
bool index_time_read(struct text text, uint64_t *seconds);

/* Which stream a script is in, and the comment line (with its LF) in front of it there. */
enum stream index_stream(enum script_kind kind);
struct text index_heading(struct arena *arena, const struct index_step *step,
                          enum script_kind kind);

/* Writes the one canonical text of an index. */
void index_write(struct buffer *to, const struct index *index);

/*
 * Reads an index, and refuses any text that index_write would not have written. Sizes are in range,
 * scripts tile their stream, chunks add up to the streams, parents come before their children.
 *
 * source   named for messages; its text is borrowed
 * cost     O(size + V log V)
 * returns  NULL or ERROR_UNTRUSTED at the line that is wrong
 */
struct error *index_read(struct arena *arena, const struct source *source,
                         struct index *index) CHECKED;
