/* From the entry code to the inmate's own: what must be right before an inmate runs, and what happens when it fails. */
#include "inmate.h"

/* Called by start.S on the cell's first CPU, with the MMU on. */
void __attribute__((noreturn)) runtime_main(void)
{
	/* Without a comm region that is understood nothing is known about the cell, not even a console. */
	if (comm_region_valid())
		inmate_main();
	stop();
}

/* Called by the exception vectors for everything but IRQs. */
void __attribute__((noreturn)) exception_report(unsigned int vector)
{
	static const char *const kinds[] = { "synchronous exception", "IRQ", "FIQ", "SError" };

	printk("FATAL: %s (vector %u) on CPU 0x%lx\n", kinds[vector % 4], vector, cpu_affinity());
	printk(" pc: %p  esr: %p  far: %p\n", (void *)read_sysreg(elr_el1), (void *)read_sysreg(esr_el1),
	       (void *)read_sysreg(far_el1));
	comm_region->cell_state = CELL_FAILED;
	stop();
}
