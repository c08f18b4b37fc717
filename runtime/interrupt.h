/* interrupt.h - Ctrl-C and its kin: noted when they come, heeded where it is safe. Floor 0. */
#pragma once

#include "error.h"

/*
 * From now on SIGINT, SIGTERM and SIGHUP, unless they were ignored, end nothing by themselves: they
 * are asked for. Without this call nothing below ever sees one. Children are to be started with an
 * empty signal mask.
 */
void interrupt_catch(void);

/* True once a signal has come. Further ones change nothing. Cheap enough for an inner loop. */
bool interrupt_came(void);

/* For poll(2): readable when a first signal has come; -1 once it was noted. */
int interrupt_descriptor(void);

/* Sleeps, until the first signal comes. returns  false where one has come, now or before */
bool interrupt_sleep(int ms);

/* What a run that was interrupted says: ERROR_DATABASE, for what was under way is rolled back. */
struct error *interrupt_error(struct arena *arena);

/* Ends the process by the signal that came, so that whoever waits for it can tell. */
void interrupt_end(void);
