/* Memory and strings (see memory.h). Compiled with -fno-tree-loop-distribute-patterns, lest memset become a call to itself. */
#include "memory.h"
#include "image.h"

void *memset(void *destination, int byte, size_t size)
{
	unsigned char *to = destination;

	while (size--)
		*to++ = (unsigned char)byte;
	return destination;
}

void *memcpy(void *destination, const void *source, size_t size)
{
	unsigned char *to = destination;
	const unsigned char *from = source;

	while (size--)
		*to++ = *from++;
	return destination;
}

void *memmove(void *destination, const void *source, size_t size)
{
	unsigned char *to = destination;
	const unsigned char *from = source;

	if (to <= from)
		return memcpy(destination, source, size);
	while (size--)
		to[size] = from[size];
	return destination;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *left = a, *right = b;

	for (; size; size--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

size_t strlen(const char *string)
{
	size_t length = 0;

	while (string[length])
		length++;
	return length;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t limit)
{
	for (; limit; limit--, a++, b++)
		if (*a != *b || !*a)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

static unsigned char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

int strncasecmp(const char *a, const char *b, size_t limit)
{
	for (; limit; limit--, a++, b++)
		if (lower(*a) != lower(*b) || !*a)
			return lower(*a) - lower(*b);
	return 0;
}

static char *heap_end;

void *heap_allocate(size_t size, size_t alignment)
{
	uintptr_t start;

	if (!heap_end)
		heap_end = stack_top;
	start = ((uintptr_t)heap_end + alignment - 1) & -alignment;
	if (start + size > (uintptr_t)image_start + INMATE_RAM_SIZE)
		return NULL;
	heap_end = (char *)start + size;
	return memset((void *)start, 0, size);
}
