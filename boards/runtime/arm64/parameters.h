/*
 * Parameters of an inmate: the text in its command-line buffer, tokens separated by blanks, `name=value` or `name`.
 * A name matches a whole token's name. (The library that Jailhouse's own inmates use is content with a prefix: there
 * `kernelx=1` answers a question for `kernel`.)
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies the value into `buffer`, cut to `size` - 1 characters. `fallback` (may be NULL) when it is not given. */
const char *parameter_string(const char *name, char *buffer, size_t size, const char *fallback);

/* Decimal with sign, or 0x and hex digits. `fallback` when it is not given or no number. */
int64_t parameter_integer(const char *name, int64_t fallback);

/* `true`, `1` or the bare name; `false` or `0`; anything else is `fallback`. */
bool parameter_boolean(const char *name, bool fallback);
