/* json.h - writes JSON (RFC 8259) for --json. There is no reader. Floor 0. */
#pragma once

#include "buffer.h"

/* Starts as {.to = &buffer}. Commas and nesting are kept by the writer. */
struct json {
    struct buffer *to;
    bool behind_value; /* the next value at this level needs a comma */
};

/* key is NULL inside an array and at the top. */
void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
void json_text(struct json *json, const char *key, struct text value);
void json_number(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
