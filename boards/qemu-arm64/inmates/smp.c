/*
 * Shows: a cell with several CPUs. The first one starts the others through PSCI CPU_ON, each reports, and a software
 * generated interrupt goes round: from each CPU to the next, and from the last back to the first.
 * Parameters: rounds=N how often the interrupt goes round (3).
 */
#include "inmate.h"

#define MAX_CPUS 16
#define BATON 5 /* the SGI that goes round */

static uint64_t cpus[MAX_CPUS];
static size_t cpu_count;
static volatile size_t online;
static volatile int64_t rounds_done;
static int64_t rounds;

/* Position of the calling CPU in `cpus`. */
static size_t own_position(void)
{
	size_t position = 0;

	while (cpus[position] != cpu_affinity())
		position++;
	return position;
}

static void on_interrupt(unsigned int intid)
{
	size_t position = own_position();

	printk("CPU 0x%lx received SGI %u\n", cpus[position], intid);
	if (position == 0) {
		rounds_done++;
		printk("Round %ld complete\n", rounds_done);
		if (rounds_done == rounds)
			return;
	}
	gic_send_sgi(BATON, cpus[(position + 1) % cpu_count]);
}

static void join(void)
{
	gic_init(on_interrupt);
	gic_enable(BATON);
}

static void secondary_main(void)
{
	join();
	printk("CPU 0x%lx is online\n", cpu_affinity());
	online++;
	dsb();
	sev();
	for (;;)
		wfi();
}

void inmate_main(void)
{
	size_t found = smp_find_cpus(cpus, MAX_CPUS);

	cpu_count = found < MAX_CPUS ? found : MAX_CPUS;
	rounds = parameter_integer("rounds", 3);
	join();
	printk("CPU 0x%lx is the first of %lu\n", cpu_affinity(), cpu_count);

	online = 1;
	for (size_t position = 0; position < cpu_count; position++) {
		size_t expected = online + 1;
		int64_t error;

		if (cpus[position] == cpu_affinity())
			continue;
		printk("Starting CPU 0x%lx\n", cpus[position]);
		error = smp_start_cpu(cpus[position], secondary_main);
		if (error != PSCI_SUCCESS) {
			printk("CPU 0x%lx does not start: PSCI error %ld\n", cpus[position], error);
			return;
		}
		while (online < expected)
			wfe();
	}
	printk("%lu CPUs online\n", online);

	if (rounds > 0) {
		gic_send_sgi(BATON, cpus[1 % cpu_count]);
		wait_until(rounds_done >= rounds);
	}
	printk("SMP done\n");
}
