/* yaml.h - YAML to a tree in which every node knows its place; the door to libyaml. Floor 2. */
#pragma once

#include "runtime/error.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    bool plain;              /* a scalar without quotes, and not a block scalar */
    struct span span;        /* with quotes or brackets; without, up to the end of the last item */
    struct text text;        /* of a scalar; borrowed from the source where it stands there as is */
    struct yaml_node *next;  /* behind this one in its collection; in a mapping, keys only */
    struct yaml_node *first; /* item of a sequence, key of a mapping; NULL where it is empty */
    struct yaml_node *value; /* of a key */
    size_t count;            /* items, or pairs */
};

/* "a text", "a list" or "a mapping": how messages call a node. */
const char *yaml_kind_name(enum yaml_kind kind);

/*
 * Whether a text that is written without quotes, in brackets or not, is read as it was. Rather once
 * too often no than once too seldom.
 */
bool yaml_is_plain(struct text text, bool in_brackets);

/* Whether a collection is written in brackets or braces. */
bool yaml_is_flow(const struct yaml_node *node);

/*
 * Reads one document. Anchors, aliases, tags, directives, further documents, tabs, bytes that are
 * not UTF-8, characters that screens hide or reorder, keys that are not scalars, and nesting deeper
 * than any manifest needs are refused. Keys may repeat: whoever knows them looks for that.
 *
 * source   is borrowed by the tree
 * cost     linear in the size of the source
 * returns  NULL, or ERROR_INPUT at the first place that is wrong
 */
struct error *yaml_read(struct arena *arena, const struct source *source,
                        struct yaml_node **root) CHECKED;
