#include "tests/fuzz/fuzz.h"
#include "runtime/container.h"
#include "runtime/report.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_SIZE_MAX = 64 << 10, CEILING = 256 << 20 };

void fuzz_run(fuzz_target *target, const uint8_t *bytes, size_t size)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(CEILING);

    if (size > INPUT_SIZE_MAX)
        return;
    target(arena, (struct text){size ? (const char *)bytes : "", size});
}

struct text fuzz_file(struct text bytes)
{
    static int fd = -1;
    static char path[64];

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        assert(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    bool is_written =
        ftruncate(fd, 0) == 0 && pwrite(fd, bytes.bytes, bytes.size, 0) == (ssize_t)bytes.size;
    assert(is_written);
    return text_from(path);
}

static void check_span(struct span span)
{
    if (!span.source)
        return;
    assert(span.offset <= span.source->text.size);
    assert(span.size <= span.source->text.size - span.offset);
}

void fuzz_check_error(struct arena *arena, const struct error *error)
{
    size_t count = 0, size = 0;
    char *bytes = NULL;

    if (!error)
        return;
    for (const struct error *each = error; each; each = each->next, count++) {
        assert(each->message.size);
        check_span(each->span);
        for (const struct note *note = each->notes; note; note = note->next)
            check_span(note->span);
    }
    assert(count <= ERRORS_MAX);

    FILE *file = open_memstream(&bytes, &size);
    assert(file);
    struct report report = {.results = file, .messages = file, .arena = arena};
    report_error(&report, error);
    fclose(file);
    struct text rest = {bytes, size};
    while (rest.size)
        assert(text_all_printable(text_cut(&rest, '\n')));
    free(bytes);
}

void fuzz_put_frame(struct buffer *to, uint32_t magic, struct text bytes)
{
    frame_header(magic, (uint32_t)bytes.size, (uint8_t *)buffer_reserve(to, FRAME_HEADER_SIZE));
    to->size += FRAME_HEADER_SIZE;
    buffer_add(to, bytes);
}
