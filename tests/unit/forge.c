#include "forge.h"
#include "compiler/deflate.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CREATED = 1800000000 };

void forge_key(struct arena *arena, const char *name, struct signing_key *key)
{
    const struct password_source nobody = {.fd = -1};

    assert_null(signer_create(arena, text_from(name), false, &nobody));
    assert_null(signer_load(arena, arena_format(arena, "%s.key", name), &nobody, &key->secret));
    key->public = signer_public(key->secret);
}

struct text forge_sign(struct arena *arena, const struct signing_key *key, struct text index)
{
    struct digest digest = crypto_digest(index);
    struct signature signature;

    assert_null(signer_sign(arena, key->secret, SIGNED_INDEX, index, &digest, &signature));
    return minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
}

struct forge forge_new(size_t ceiling, size_t step_count)
{
    struct forge forge = {
        .arena = arena_new(ceiling),
        .index = {.project = TEXT("shop"),
                  .release = TEXT("2.4.0"),
                  .dialect = DIALECT_SQLITE,
                  .sequence = 7,
                  .created = CREATED,
                  .tool = TEXT("sqlferry 0.1.0"),
                  .step_count = step_count},
    };

    forge.steps = arena_array(forge.arena, struct index_step, step_count);
    forge.scripts = arena_bytes(forge.arena, step_count, sizeof(*forge.scripts));
    return forge;
}

void forge_free(struct forge *forge)
{
    for (size_t i = 0; i < STREAM_COUNT; i++)
        buffer_free(&forge->plain[i]);
    arena_free(&forge->arena);
}

void forge_script(struct forge *forge, size_t step, enum script_kind kind, const char *path,
                  struct text text)
{
    forge->scripts[step][kind] = text;
    forge->steps[step].scripts[kind] =
        (struct index_script){.presence = SCRIPT_FILE, .path = text_from(path)};
}

void forge_streams(struct forge *forge)
{
    for (size_t i = 0; i < forge->index.step_count; i++)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
            struct index_script *script = &forge->steps[i].scripts[kind];
            struct buffer *plain = &forge->plain[index_stream((enum script_kind)kind)];
            struct text text = forge->scripts[i][kind];

            if (script->presence != SCRIPT_FILE)
                continue;
            buffer_add(plain,
                       index_heading(forge->arena, &forge->steps[i], (enum script_kind)kind));
            script->offset = plain->size;
            script->size = text.size;
            script->digest = script->source = crypto_digest(text);
            buffer_add(plain, text);
            buffer_add(plain, TEXT("\n"));
        }
}

void forge_store(struct forge *forge, size_t chunk, struct text stored)
{
    forge->stored[chunk] = arena_copy(forge->arena, stored);
    forge->chunks[chunk].stored_size = stored.size;
    forge->chunks[chunk].digest = crypto_digest(stored);
}

void forge_chunks(struct forge *forge, size_t piece_size)
{
    CLEANUP(deflate_close) struct deflate *deflate = deflate_open(LEVEL_DEFAULT, 1);
    struct index *index = &forge->index;
    size_t count = 0;

    for (size_t stream = 0; stream < STREAM_COUNT; stream++)
        count += (forge->plain[stream].size + piece_size - 1) / piece_size;
    forge->chunks = arena_array(forge->arena, struct index_chunk, count);
    forge->stored = arena_array(forge->arena, struct text, count);
    for (size_t stream = 0; stream < STREAM_COUNT; stream++)
        for (size_t at = 0; at < forge->plain[stream].size; at += piece_size) {
            struct text piece = text_slice(buffer_text(&forge->plain[stream]), at, piece_size);
            CLEANUP(buffer_free) struct buffer plain = {0};
            struct packed packed;

            buffer_add(&plain, piece);
            deflate_put(deflate, &plain, 0);
            assert_true(deflate_take(deflate, &packed));
            forge->chunks[index->chunk_count] =
                (struct index_chunk){.stream = (enum stream)stream, .plain_size = piece.size};
            forge_store(forge, index->chunk_count++, packed.stored);
        }
}

void forge_index(struct forge *forge)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    forge->index.chunks = forge->chunks;
    forge->index.steps = forge->steps;
    index_write(&buffer, &forge->index);
    forge->index_text = arena_copy(forge->arena, buffer_text(&buffer));
}

void forge_all(struct forge *forge, size_t piece_size)
{
    forge_streams(forge);
    forge_chunks(forge, piece_size);
    forge_index(forge);
}

void forge_put_number(struct buffer *to, uint32_t number)
{
    for (size_t i = 0; i < 4; i++, number >>= 8)
        buffer_add(to, (struct text){(const char[]){(char)number}, 1});
}

void forge_put_frame(struct buffer *to, uint32_t magic, struct text content)
{
    forge_put_number(to, magic);
    forge_put_number(to, (uint32_t)content.size);
    buffer_add(to, content);
}

void forge_put_chunks(struct buffer *to, const struct forge *forge)
{
    for (size_t i = 0; i < forge->index.chunk_count; i++)
        if (forge->chunks[i].stream == STREAM_UP)
            buffer_add(to, forge->stored[i]);
        else
            forge_put_frame(to, FRAME_SIDE, forge->stored[i]);
}

struct text forge_bytes(struct forge *forge, const struct signing_key *keys, size_t key_count)
{
    CLEANUP(buffer_free) struct buffer bytes = {0};

    forge_put_frame(&bytes, FRAME_INDEX, forge->index_text);
    for (size_t i = 0; i < key_count; i++)
        forge_put_frame(&bytes, FRAME_SIGNATURE,
                        forge_sign(forge->arena, &keys[i], forge->index_text));
    forge_put_chunks(&bytes, forge);
    return arena_copy(forge->arena, buffer_text(&bytes));
}
