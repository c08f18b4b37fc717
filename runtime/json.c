#include "json.h"

static void put_string(struct buffer *to, struct text value)
{
    buffer_add(to, TEXT("\""));
    while (value.size) {
        struct text here = value;
        int32_t code_point = text_next(&value);
        struct text bytes = text_slice(here, 0, here.size - value.size);

        if (code_point == '"' || code_point == '\\')
            buffer_format(to, "\\%c", (char)code_point);
        else if (code_point < 0)
            buffer_add(to, TEXT("\\ufffd"));
        else if (text_is_printable(code_point))
            buffer_add(to, bytes);
        else if (code_point > 0xffff)
            buffer_format(to, "\\u%04x\\u%04x", 0xd7c0 + ((unsigned)code_point >> 10),
                          0xdc00 + ((unsigned)code_point & 0x3ff));
        else
            buffer_format(to, "\\u%04x", (unsigned)code_point);
    }
    buffer_add(to, TEXT("\""));
}

static void begin(struct json *json, const char *key)
{
    if (json->behind_value)
        buffer_add(json->to, TEXT(","));
    if (key) {
        put_string(json->to, text_from(key));
        buffer_add(json->to, TEXT(":"));
    }
    json->behind_value = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    buffer_add(json->to, (struct text){&bracket, 1});
    json->behind_value = false;
}

void json_close(struct json *json, char bracket)
{
    buffer_add(json->to, (struct text){&bracket, 1});
    json->behind_value = true;
}

void json_text(struct json *json, const char *key, struct text value)
{
    begin(json, key);
    put_string(json->to, value);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
    begin(json, key);
    buffer_format(json->to, "%llu", (unsigned long long)value);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin(json, key);
    buffer_add(json->to, value ? TEXT("true") : TEXT("false"));
}

void json_null(struct json *json, const char *key)
{
    begin(json, key);
    buffer_add(json->to, TEXT("null"));
}
