/* layout_parts.h - what the files of layout share. Floor 2. */
#pragma once

#include "compiler/layout.h"
#include "runtime/file.h"

struct layout_reader {
    struct arena *arena;
    const struct layout *layout;
    const struct layout_options *options;
    struct layout_history *history;
};

/* Keep the history from being used, and do not. Each returns the error, for hints and notes. */
struct error *layout_refuse(struct layout_reader *reader, struct span span, const char *format, ...)
    FORMAT(3, 4);
struct error *layout_warn(struct layout_reader *reader, struct span span, const char *format, ...)
    FORMAT(3, 4);

/* What others found wrong with a file of the history. */
void layout_refuse_all(struct layout_reader *reader, struct error *errors);

/* What is in a folder of the history. */
struct layout_file {
    struct text name, path; /* the path is below the root, a NUL behind it */
    bool is_folder;
    bool is_used; /* it needs no finding */
};

struct layout_files {
    struct layout_file *list; /* by the bytes of the paths */
    size_t count, capacity;
    struct text folder; /* of layout_list */
};

struct text layout_join(struct arena *arena, struct text folder, struct text name);

/* returns  NULL, or why the folder cannot be read */
struct error *layout_list(struct layout_reader *reader, struct text folder,
                          struct layout_files *files) CHECKED;

/* Adds the files of a folder, and those of the folders in it, in place of the folders. */
struct error *layout_list_deep(struct layout_reader *reader, struct text folder,
                               struct layout_files *files) CHECKED;

/* By its path; and by its name, in what layout_list gave. Each returns NULL where there is none. */
struct layout_file *layout_find_path(const struct layout_files *files, struct text path);
struct layout_file *layout_find_file(struct layout_reader *reader, const struct layout_files *files,
                                     struct text name);

/* returns  NULL, after refusing it, for a file that cannot be read */
const struct source *layout_load(struct layout_reader *reader, struct text path);

/* Warns of every file that is not used. wanted is what would be, "'1_words.sql'" */
void layout_warn_unused(struct layout_reader *reader, const struct layout_files *files,
                        const char *wanted);

/* The first line of a file, where messages about the whole of it point. */
struct span layout_first_line(const struct source *source);

/* Takes a line off the front of rest, without its end and the blanks around it. */
struct text layout_next_line(struct text *rest);

/* A new revision at the end of the history, transactional, that needs the one before it. */
struct layout_revision *layout_add(struct layout_reader *reader, struct text id, struct text title,
                                   struct span span);

/* The script of a revision, for all dialects. */
void layout_set_script(struct layout_revision *revision, enum script_kind kind,
                       const struct source *source, enum section section);

/* A title from the words of a file name: '_' and '-' become blanks. */
struct text layout_title(struct arena *arena, struct text words);

/* Numbers with dots or underscores between them, as "007", "1.2" and "1_2_0". */
bool layout_is_version(struct text version);
int layout_compare_versions(struct text a, struct text b); /* 1.0 and 1 are the same */

/* A script that belongs to a version. */
struct layout_entry {
    struct text version, title;
    enum script_kind kind;
    unsigned dialects;    /* bits 1 << enum dialect; 0 for all that no other file is for */
    bool is_outside;      /* it wants no transaction */
    enum section section; /* of the source */
    const struct source *source;
};

struct layout_entries {
    struct layout_entry *list;
    size_t count, capacity;
};

void layout_add_entry(struct layout_reader *reader, struct layout_entries *entries,
                      const struct layout_entry *entry);

/* How versions are ordered. */
enum layout_order {
    LAYOUT_BY_NUMBER, /* as layout_compare_versions */
    LAYOUT_BY_BYTES,  /* of the version */
    LAYOUT_BY_FILE,   /* by the bytes of the path */
};

/*
 * Makes a revision of all entries that order holds for the same, in that order. Two up scripts of a
 * version, or a down script without an up script, are refused.
 */
void layout_add_versions(struct layout_reader *reader, struct layout_entries *entries,
                         enum layout_order order);

/* The layouts; docs/layouts.md tells what each reads. */
struct error *layout_read_atlas(struct layout_reader *reader) CHECKED;
struct error *layout_read_dbmate(struct layout_reader *reader) CHECKED;
struct error *layout_read_diesel(struct layout_reader *reader) CHECKED;
struct error *layout_read_flyway(struct layout_reader *reader) CHECKED;
struct error *layout_read_golang_migrate(struct layout_reader *reader) CHECKED;
struct error *layout_read_goose(struct layout_reader *reader) CHECKED;
struct error *layout_read_list(struct layout_reader *reader) CHECKED;
struct error *layout_read_numbered(struct layout_reader *reader) CHECKED;
struct error *layout_read_prisma(struct layout_reader *reader) CHECKED;
struct error *layout_read_sourcegraph(struct layout_reader *reader) CHECKED;
struct error *layout_read_sqitch(struct layout_reader *reader) CHECKED;
struct error *layout_read_sqlx(struct layout_reader *reader) CHECKED;
