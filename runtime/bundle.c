#include "bundle.h"
#include "fence.h"

void bundle_close(struct bundle *bundle)
{
    payload_close(&bundle->payload);
    if (bundle->container)
        container_close(bundle->container);
    *bundle = (struct bundle){0};
}

static struct error *check_expiry(struct arena *arena, const struct index *index,
                                  const struct bundle_policy *policy)
{
    if (!index->not_after || policy->now <= index->not_after || policy->allow_expired)
        return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_UNTRUSTED, "the bundle expired at %s",
                                  index_time(arena, index->not_after).bytes),
                      "Ask for a newer bundle; '--allow-expired' applies this one and records it.");
}

struct error *bundle_open(struct arena *arena, struct text path, const struct bundle_policy *policy,
                          struct bundle *bundle)
{
    CLEANUP(bundle_close) struct bundle opened = {0};
    struct container *container = arena_one(arena, struct container);
    struct error *error = container_open(arena, path, container);

    if (error)
        return error;
    opened.container = container;
    if (policy->nothing_else) /* uncovered: behind the fence nothing is written, not even that */
        fence_close();        /* uncovered: as above */
    error = trust_verify(arena, policy->trust, container->prehash, &container->digest,
                         container->signatures, container->signature_count, &opened.verdicts);
    if (error)
        return error;

    /* From here on the index is what a trusted key signed; until here it was only hashed. */
    error = container_read(arena, container);
    if (error)
        return error;
    struct source *source = arena_one(arena, struct source);
    *source = (struct source){
        .name = arena_format(arena, "%.*s (index)", TEXT_ARGS(container->path)),
        .text = container->index,
    };
    opened.index = arena_one(arena, struct index);
    error = index_read(arena, source, opened.index);
    if (error)
        return error;
    error = trust_verify_scope(arena, policy->trust, opened.index->project, opened.index->sequence,
                               &opened.verdicts);
    if (error)
        return error;
    error = check_expiry(arena, opened.index, policy);
    if (error)
        return error;
    error = payload_open(arena, container, opened.index, &opened.payload);
    if (error)
        return error;
    error = payload_check(arena, &opened.payload);
    if (error)
        return error;
    *bundle = opened;
    opened = (struct bundle){0};
    return NULL;
}
