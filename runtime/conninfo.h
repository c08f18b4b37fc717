/* conninfo.h - a connection string without its password. Floor 1. */
#pragma once

#include "error.h"

struct conninfo {
    struct text connection; /* as it was, less the password: may stand in an argument list */
    struct text password;   /* absent where it has none */
    struct text written;    /* the password as it stands in the string, quoted or encoded */
};

/*
 * Reads a URI or keyword string as libpq does (PostgreSQL manual, 34.1.1), as far as it takes to
 * find the password. Everything else is left to libpq.
 *
 * returns  NULL, or ERROR_USAGE where a quote or a percent code is broken, or a second password
 */
struct error *conninfo_read(struct arena *arena, struct text address,
                            struct conninfo *conninfo) CHECKED;
