/*
 * What libFuzzer calls; compiled once for each target, with its name in TARGET.
 * https://llvm.org/docs/LibFuzzer.html
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
void __wrap__exit(int status) NORETURN;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_run(TARGET, bytes, size);
    return 0;
}

/* Here the arena ends the process. libFuzzer would not notice, and lose the input. */
void __wrap__exit(int status)
{
    (void)status;
    abort();
}
