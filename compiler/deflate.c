#include "compiler/deflate.h"
#include "runtime/arena.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

enum { SLOTS_PER_THREAD = 2 };

enum state { EMPTY, WAITING, RUNNING, DONE };

struct slot {
    enum state state;
    unsigned tag;
    struct buffer plain, stored;
    struct digest digest;
};

/* A ring: [taken, put) hold work, the workers claim it in order. */
struct deflate {
    int level;
    pthread_t threads[THREADS_MAX];
    unsigned thread_count;
    struct slot slots[THREADS_MAX * SLOTS_PER_THREAD];
    size_t slot_count;
    size_t put, claimed, taken; /* how many ever were */
    struct slot *lent;          /* to the caller of deflate_take */
    bool closing;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    ZSTD_CCtx *context; /* the caller's own, where there are no threads */
};

static ZSTD_CCtx *make_context(int level)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();

    if (!context)
        arena_exhausted();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1); /* so that zstd -t says something */
    return context;
}

static void compress(ZSTD_CCtx *context, struct slot *slot)
{
    size_t bound = ZSTD_compressBound(slot->plain.size);

    slot->stored.size = 0;
    size_t size = ZSTD_compress2(context, buffer_reserve(&slot->stored, bound), bound,
                                 slot->plain.bytes, slot->plain.size);
    /* With room for the bound, only memory can lack. */
    if (ZSTD_isError(size))
        arena_exhausted();
    slot->stored.size = size;
    slot->digest = crypto_digest(buffer_text(&slot->stored));
}

static struct slot *slot_at(struct deflate *deflate, size_t number)
{
    return &deflate->slots[number % deflate->slot_count];
}

static void *work(void *argument)
{
    struct deflate *deflate = argument;
    ZSTD_CCtx *context = make_context(deflate->level);

    pthread_mutex_lock(&deflate->lock);
    for (;;) {
        while (deflate->claimed == deflate->put && !deflate->closing)
            pthread_cond_wait(&deflate->work, &deflate->lock);
        if (deflate->closing)
            break;
        struct slot *slot = slot_at(deflate, deflate->claimed++);
        slot->state = RUNNING;
        pthread_mutex_unlock(&deflate->lock);
        compress(context, slot);
        pthread_mutex_lock(&deflate->lock);
        slot->state = DONE;
        pthread_cond_signal(&deflate->done);
    }
    pthread_mutex_unlock(&deflate->lock);
    ZSTD_freeCCtx(context);
    return NULL;
}

struct deflate *deflate_open(int level, unsigned threads)
{
    struct deflate *deflate = calloc(1, sizeof(*deflate));

    if (!deflate)
        arena_exhausted();
    assert(threads <= THREADS_MAX);
    deflate->level = level;
    pthread_mutex_init(&deflate->lock, NULL);
    pthread_cond_init(&deflate->work, NULL);
    pthread_cond_init(&deflate->done, NULL);
    deflate->slot_count = SLOTS_PER_THREAD * (threads > 1 ? threads : 1);
    while (threads > 1 && deflate->thread_count < threads &&
           pthread_create(&deflate->threads[deflate->thread_count], NULL, work, deflate) == 0)
        deflate->thread_count++;
    if (deflate->thread_count == 0)
        deflate->context = make_context(level);
    return deflate;
}

void deflate_close(struct deflate **deflate)
{
    struct deflate *closed = *deflate;

    if (!closed)
        return;
    pthread_mutex_lock(&closed->lock);
    closed->closing = true;
    pthread_cond_broadcast(&closed->work);
    pthread_mutex_unlock(&closed->lock);
    for (unsigned i = 0; i < closed->thread_count; i++)
        pthread_join(closed->threads[i], NULL);
    for (size_t i = 0; i < closed->slot_count; i++) {
        buffer_free(&closed->slots[i].plain);
        buffer_free(&closed->slots[i].stored);
    }
    ZSTD_freeCCtx(closed->context);
    pthread_mutex_destroy(&closed->lock);
    pthread_cond_destroy(&closed->work);
    pthread_cond_destroy(&closed->done);
    free(closed);
    *deflate = NULL;
}

static void give_back(struct deflate *deflate)
{
    if (deflate->lent)
        deflate->lent->state = EMPTY;
    deflate->lent = NULL;
}

bool deflate_is_full(const struct deflate *deflate)
{
    return deflate->put - deflate->taken == deflate->slot_count;
}

void deflate_put(struct deflate *deflate, struct buffer *plain, unsigned tag)
{
    pthread_mutex_lock(&deflate->lock);
    give_back(deflate);
    struct slot *slot = slot_at(deflate, deflate->put++);
    struct buffer spare = slot->plain;
    slot->plain = *plain;
    slot->tag = tag;
    slot->state = WAITING;
    pthread_cond_signal(&deflate->work);
    pthread_mutex_unlock(&deflate->lock);
    *plain = spare;
    plain->size = 0;
}

bool deflate_take(struct deflate *deflate, struct packed *packed)
{
    pthread_mutex_lock(&deflate->lock);
    give_back(deflate);
    if (deflate->taken == deflate->put) {
        pthread_mutex_unlock(&deflate->lock);
        return false;
    }
    struct slot *slot = slot_at(deflate, deflate->taken++);
    while (deflate->thread_count && slot->state != DONE)
        pthread_cond_wait(&deflate->done, &deflate->lock);
    deflate->lent = slot;
    pthread_mutex_unlock(&deflate->lock);
    if (deflate->thread_count == 0)
        compress(deflate->context, slot);
    *packed = (struct packed){
        .stored = buffer_text(&slot->stored),
        .digest = slot->digest,
        .plain_size = slot->plain.size,
        .tag = slot->tag,
    };
    return true;
}
