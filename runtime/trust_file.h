/* trust_file.h - loads what this host trusts, from where nobody else can write. Floor 1. */
#pragma once

#include "trust.h"

/*
 * Loads a trust file that belongs to root or to the caller and that nobody else may write, nor any
 * folder on the way to it. A folder with the sticky bit, such as /tmp, may be written by all.
 *
 * returns  NULL or ERROR_UNTRUSTED: without trust there is no bundle
 */
struct error *trust_file_load(struct arena *arena, struct text path, struct trust *trust) CHECKED;

/*
 * Trust in one key alone, from a .pub file, which gives the key its name. Whoever names the file
 * vouches for it: its owner and its mode do not matter.
 *
 * returns  NULL or ERROR_UNTRUSTED, also for a secret key
 */
struct error *trust_file_load_key(struct arena *arena, struct text path,
                                  struct trust *trust) CHECKED;
