/*
 * Shows: the virtual console, hypercall 8 for each character. It needs no UART; the hypervisor decides by the cell's
 * VIRTUAL_CONSOLE flags whether it may be used.
 * Parameters: pause-ms=N between lines (1000), count=N stop after so many (0: never), con-virtual=BOOL (as the cell's flag says).
 */
#include "inmate.h"

void inmate_main(void)
{
	uint32_t flags = comm_region->flags;
	int64_t pause_ms = parameter_integer("pause-ms", 1000);
	int64_t count = parameter_integer("count", 0);

	if (!console_is_virtual()) {
		printk("No virtual console: it is %s\n", flags & COMM_VIRTUAL_CONSOLE_PERMITTED ? "permitted but not active"
												 : "not permitted for this cell");
		printk("Hypercall 8 answers %ld\n", hypercall(HYPERCALL_DEBUG_CONSOLE_PUTC, '.', 0));
		return;
	}
	printk("Hello through the virtual console\n");
	for (int64_t n = 1; !count || n <= count; n++) {
		printk("Line %ld\n", n);
		sleep_ms(pause_ms);
	}
	printk("Virtual console done\n");
}
