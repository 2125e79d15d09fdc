/* Starting the other CPUs of the cell (see smp.h). */
#include "smp.h"
#include "cpu.h"
#include "memory.h"
#include "mmu.h"
#include "psci.h"

/* What printk and an interrupt on top of it need, several times over. */
#define STACK_SIZE 1536

/* Affinities that are asked for: every board with a static partition of at most 64 CPUs in 4 clusters. */
#define CLUSTERS 4
#define CPUS_PER_CLUSTER 16

/* In the order in which secondary_entry (start.S) reads it. */
struct secondary_start {
	char *stack_top;
	void (*function)(void);
};

void secondary_entry(void);

size_t smp_find_cpus(uint64_t *affinities, size_t limit)
{
	size_t count = 0;

	for (uint64_t cluster = 0; cluster < CLUSTERS; cluster++) {
		for (uint64_t cpu = 0; cpu < CPUS_PER_CLUSTER; cpu++) {
			uint64_t affinity = cluster << 8 | cpu;
			int64_t state = psci(PSCI_AFFINITY_INFO, affinity, 0, 0);

			if (state != PSCI_STATE_ON && state != PSCI_STATE_OFF)
				continue;
			if (count < limit)
				affinities[count] = affinity;
			count++;
		}
	}
	return count;
}

int64_t smp_start_cpu(uint64_t affinity, void (*function)(void))
{
	struct secondary_start *start = heap_allocate(sizeof(*start), 64);
	char *stack = heap_allocate(STACK_SIZE, 64);

	if (!start || !stack)
		return PSCI_DENIED;
	start->stack_top = stack + STACK_SIZE;
	start->function = function;
	clean_cache(start, sizeof(*start));
	return psci(PSCI_CPU_ON, affinity, (uintptr_t)secondary_entry, (uintptr_t)start);
}
