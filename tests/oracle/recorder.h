/* recorder.h - a PostgreSQL server that does nothing but note what it is asked. */
#pragma once

#include "runtime/buffer.h"

/*
 * Listens in the folder, as a server on port 5432 would.
 * returns  a socket for recorder_serve
 */
int recorder_open(const char *folder);

/*
 * Serves one client until it goes, by enough of the protocol for psql (PostgreSQL 15 manual, 55):
 * everybody may log in, every query is noted and has succeeded; one that begins with COPY t FROM
 * STDIN is sent rows, which are passed over.
 *
 * queries  are added, each from its first token on and with a NUL behind it
 * returns  false where no client came
 */
bool recorder_serve(int listener, struct buffer *queries);
