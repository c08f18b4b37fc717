/* fence.h - gives up rights of this process that it will not need. Floor 0. */
#pragma once

/*
 * What every command can do without: core dumps, which would hold passwords and keys, and new
 * privileges of what it starts.
 */
void fence_start(void);

/*
 * From now on this process starts no program, opens no connection, and writes no file but those it
 * has open: for work on a bundle that nobody has vouched for yet. Linux alone can, by seccomp(2)
 * and, from 5.13 on, landlock(7); elsewhere nothing happens. Cannot be undone.
 */
void fence_close(void);
