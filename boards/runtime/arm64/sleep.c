/* Waiting in WFI for the virtual timer (see sleep.h). */
#include "sleep.h"
#include "cpu.h"
#include "gic.h"
#include "timer.h"

static void on_interrupt(unsigned int intid)
{
	if (intid == TIMER_INTID)
		timer_stop();
}

void sleep_ms(uint64_t ms)
{
	static bool ready;
	uint64_t end = timer_count() + timer_ns_to_ticks(ms * 1000000);

	if (!ready) {
		gic_init(on_interrupt);
		gic_enable(TIMER_INTID);
		ready = true;
	}
	timer_fire_at(end);
	wait_until((int64_t)(timer_count() - end) >= 0);
}
