/*
 * Stage 1 translation: an identity map in 2 MiB blocks. At start it covers the image and the comm page, both cached;
 * inmates add device windows and further RAM.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum memory_kind { MEMORY_CACHED, MEMORY_DEVICE };

/*
 * Maps the 2 MiB blocks that cover [address, address + size) one to one, for all CPUs of the cell. Blocks that are mapped
 * already keep their kind. False if the range ends beyond 512 GiB or there is no RAM left for a table.
 */
bool map_range(uintptr_t address, uint64_t size, enum memory_kind kind);

/* Writes back cached lines, for readers whose MMU is off. */
void clean_cache(const void *start, uint64_t size);
