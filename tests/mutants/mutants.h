/* mutants.h - what a mutated source asks: is this mutant the one that runs? */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Asked only where the answer matters, so that whoever asks has reached the mutant. It is the one
 * that MUTANT in the environment names; where MUTANT_MAP names a file, its byte at that number
 * becomes 1.
 */
bool mutant_is(unsigned number);
