#include "compiler/view.h"
#include "runtime/fence.h"

#include <string.h>

struct error *view_trust(struct call *call, const struct trust **trust)
{
    struct trust *found = arena_one(call->arena, struct trust);

    if (!cli_has(call, "key") && !cli_has(call, "trust")) {
        if (cli_has(call, "allow-expired"))
            return cli_usage(call, "'--allow-expired' goes with --key or --trust");
        *trust = NULL;
        return NULL;
    }
    struct error *error = verify_trust(call, found);
    if (!error)
        *trust = found;
    return error;
}

static struct error *open_verified(struct text path, const struct trust *trust, bool alone,
                                   struct view *view)
{
    struct error *error = alone ? verify_bundle_alone(view->call, path, trust, &view->verified)
                                : verify_bundle(view->call, path, trust, &view->verified);

    if (error)
        return error;
    view->container = view->verified.container;
    view->index = view->verified.index;
    view->payload = &view->verified.payload;
    view->verdicts = &view->verified.verdicts;
    return NULL;
}

static struct error *open_unverified(struct text path, bool alone, struct view *view)
{
    struct arena *arena = view->call->arena;
    struct source *source = arena_one(arena, struct source);
    struct index *index = arena_one(arena, struct index);
    struct container *container = arena_one(arena, struct container);
    struct error *error = container_open(arena, path, container);

    if (error)
        return error;
    view->container = view->unverified = container;
    if (alone)
        fence_close();
    error = container_read(arena, container);
    if (error)
        return error;
    *source = (struct source){
        .name = arena_format(arena, "%.*s (index)", TEXT_ARGS(container->path)),
        .text = container->index,
    };
    error = index_read(arena, source, index);
    if (error)
        return error;
    view->index = index;
    view->payload = &view->unverified_payload;
    return payload_open(arena, view->container, index, view->payload);
}

struct error *view_open(struct call *call, struct text path, const struct trust *trust, bool alone,
                        struct view *view)
{
    view->call = call;
    return trust ? open_verified(path, trust, alone, view) : open_unverified(path, alone, view);
}

void view_close(struct view *view)
{
    bundle_close(&view->verified);
    payload_close(&view->unverified_payload);
    if (view->unverified)
        container_close(view->unverified);
}

const char *view_label(const struct view *view)
{
    return view->verdicts ? "" : "unverified: ";
}

void view_text(const struct view *view, const char *comment, struct text text)
{
    struct report *report = view->call->report;

    if (view->verdicts) {
        report_bytes(report, text);
        if (text.size && text.bytes[text.size - 1] != '\n')
            report_bytes(report, TEXT("\n"));
        return;
    }
    while (text.size) {
        struct text line = text_cut(&text, '\n');

        report_line(report, "%s%s%.*s", comment, view_label(view), TEXT_ARGS(line));
    }
}

size_t view_signers(const struct view *view, struct signer signers[static SIGNATURES_MAX])
{
    const struct container *container = view->container;
    struct arena *arena = view->call->arena;

    for (size_t i = 0; i < container->signature_count; i++) {
        struct signer *signer = &signers[i];
        struct signature signature;

        *signer = (struct signer){0};
        if (view->verdicts) {
            signer->verdict = &view->verdicts->list[i];
            signer->is_readable = true;
            memcpy(signer->number, signer->verdict->number, KEY_NUMBER_SIZE);
        } else if (!minisign_signature_read(arena, container->signatures[i], &container->digest,
                                            &signature)) {
            signer->is_readable = true;
            memcpy(signer->number, signature.number, KEY_NUMBER_SIZE);
        }
    }
    return container->signature_count;
}
