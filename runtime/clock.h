/* clock.h - time that only goes forward, for timeouts. Floor 0. */
#pragma once

#include <stdint.h>

/* Milliseconds since some moment. */
int64_t clock_ms(void);
