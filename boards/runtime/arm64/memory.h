/* Memory and strings: the few functions of the C library that an inmate needs, and a heap that only grows. */
#pragma once
#include <stddef.h>

void *memset(void *destination, int byte, size_t size);
void *memcpy(void *destination, const void *source, size_t size);
void *memmove(void *destination, const void *source, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *string);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
int strncasecmp(const char *a, const char *b, size_t limit);

/*
 * Takes `size` zeroed bytes at a multiple of `alignment` (a power of two) from the RAM behind the stack, up to the end of
 * the 64 KiB that every cell gives an inmate. There is no free. NULL when they are used up.
 */
void *heap_allocate(size_t size, size_t alignment);
