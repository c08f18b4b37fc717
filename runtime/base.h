/* base.h - the attributes and the two small macros that every file uses. Floor 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result says whether the call worked: it must be looked at. */
#define CHECKED __attribute__((warn_unused_result))

/* The variable is handed to a function, by address, when its scope ends. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* A printf-like function; first is 0 for one that takes a va_list. */
#define FORMAT(format_at, first) __attribute__((format(printf, format_at, first)))

#define NORETURN __attribute__((noreturn))

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether this is a build with the address sanitizer, which gcc and clang tell in different ways.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
