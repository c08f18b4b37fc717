/* cluster.h - a PostgreSQL server of one's own, made for a rehearsal and thrown away. Floor 4. */
#pragma once

#include "runtime/error.h"
#include "runtime/process.h"

/* Starts as CLUSTER_NONE. */
struct cluster {
    struct process server;
    struct text folder;     /* of its data and its socket, in TMPDIR or /tmp; gone at the end */
    struct text connection; /* for libpq */
};

#define CLUSTER_NONE ((struct cluster){.server = PROCESS_NONE})

/*
 * Makes and starts a server with initdb and postgres, which stand beside psql. It listens on a
 * socket in its folder and nowhere else; started by root, it runs as the user postgres or nobody.
 * It may still be on its way when this returns.
 *
 * psql     path of the binary
 * returns  NULL or ERROR_SYSTEM
 */
struct error *cluster_start(struct arena *arena, const char *psql, struct cluster *cluster) CHECKED;
void cluster_stop(struct cluster *cluster);
