/* The generic timer (see timer.h). DDI 0487, D11. Under Jailhouse the virtual counter has no offset. */
#include "timer.h"
#include "cpu.h"

#define NS_PER_S 1000000000UL
#define CTL_ENABLE 1

uint64_t timer_count(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

uint64_t timer_frequency_hz(void)
{
	return read_sysreg(cntfrq_el0);
}

uint64_t timer_ns_to_ticks(uint64_t ns)
{
	uint64_t hz = timer_frequency_hz();

	return ns / NS_PER_S * hz + ns % NS_PER_S * hz / NS_PER_S;
}

uint64_t timer_ticks_to_ns(uint64_t ticks)
{
	uint64_t hz = timer_frequency_hz();

	return ticks / hz * NS_PER_S + ticks % hz * NS_PER_S / hz;
}

void timer_fire_at(uint64_t count)
{
	write_sysreg(cntv_cval_el0, count);
	write_sysreg(cntv_ctl_el0, CTL_ENABLE);
	isb();
}

void timer_stop(void)
{
	write_sysreg(cntv_ctl_el0, 0);
	isb();
}

void delay_us(uint64_t us)
{
	uint64_t end = timer_count() + timer_ns_to_ticks(us * 1000);

	while ((int64_t)(timer_count() - end) < 0)
		;
}
