/* fence.h - gives up rights of this process that it will not need. Floor 0. */
#pragma once

/*
 * What every command can do without: core dumps, of this process and of what it starts, and new
 * privileges of what it starts.
 */
void fence_start(void);

/*
 * Before a secret comes into this process: no other process of the same user, unless it is root,
 * can look into it from now on, by ptrace(2) or in /proc, and no core dump is made of it.
 */
void fence_hide(void);

/*
 * From now on this process reads and writes what it has open, and does nothing else: it opens no
 * file, not for reading either, and no connection, starts nothing, signals nobody and runs no code
 * but its own. For work on a bundle that nobody has vouched for yet. Cannot be undone.
 *
 * Linux alone can: by seccomp(2), where all calls are refused that are not on a list, and from 5.13
 * on, for the same a second time, by landlock(7). Elsewhere nothing happens. The list is that of
 * what a C library needs for memory, stdio and to end; a call that it would rather make fails with
 * ENOSYS, which is how it learns to do without. With sanitizers the list has what they do at the
 * end of the program, too.
 */
void fence_close(void);
