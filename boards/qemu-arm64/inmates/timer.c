/*
 * Shows: the interrupt controller and the generic timer, ten interrupts a second, and how late each one is taken.
 * Parameters: hz=N interrupts a second (10), count=N stop after so many (0: never).
 */
#include "inmate.h"

#define NS_PER_S 1000000000UL

static uint64_t period_ticks, due;
static int64_t limit;
static volatile int64_t fired;
static int64_t min_ns = INT64_MAX, max_ns;

static void on_interrupt(unsigned int intid)
{
	int64_t jitter_ns;

	if (intid != TIMER_INTID) {
		printk("Unexpected interrupt %u\n", intid);
		return;
	}
	jitter_ns = timer_ticks_to_ns(timer_count() - due);
	if (jitter_ns < min_ns)
		min_ns = jitter_ns;
	if (jitter_ns > max_ns)
		max_ns = jitter_ns;
	fired++;

	due += period_ticks;
	if (fired == limit)
		timer_stop();
	else
		timer_fire_at(due);
	printk("Tick %ld, jitter: %6ld ns, min: %6ld ns, max: %6ld ns\n", fired, jitter_ns, min_ns, max_ns);
}

void inmate_main(void)
{
	int64_t hz = parameter_integer("hz", 10);

	limit = parameter_integer("count", 0);
	if (hz <= 0) {
		printk("hz must be greater than 0\n");
		return;
	}
	printk("GICv%u, timer at %lu Hz, %ld interrupts per second\n", comm_region->gic_version, timer_frequency_hz(), hz);
	gic_init(on_interrupt);
	gic_enable(TIMER_INTID);

	period_ticks = timer_ns_to_ticks(NS_PER_S / hz);
	due = timer_count() + period_ticks;
	timer_fire_at(due);
	wait_until(limit && fired >= limit);
	printk("Timer done\n");
}
