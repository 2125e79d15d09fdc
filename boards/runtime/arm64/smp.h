/* The other CPUs of the cell. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds the CPUs of this cell: those that PSCI does not deny. `affinities` takes at most `limit` of them in ascending
 * order, the calling CPU included; returns how many there are.
 */
size_t smp_find_cpus(uint64_t *affinities, size_t limit);

/*
 * Starts a CPU of this cell: it runs `function` with MMU and caches on and a stack of its own, IRQs masked, and stops
 * when that returns. PSCI_SUCCESS, or the PSCI error, or PSCI_DENIED when there is no RAM left for a stack.
 */
int64_t smp_start_cpu(uint64_t affinity, void (*function)(void));
