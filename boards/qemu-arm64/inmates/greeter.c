/*
 * Shows: output through the console of the cell's configuration, and idling between two lines.
 * Parameters: name=TEXT whom to greet (world), pause-ms=N between greetings (1000), count=N stop after so many (0: never).
 */
#include "inmate.h"

void inmate_main(void)
{
	char buffer[32];
	const char *name = parameter_string("name", buffer, sizeof(buffer), "world");
	int64_t pause_ms = parameter_integer("pause-ms", 1000);
	int64_t count = parameter_integer("count", 0);

	for (int64_t n = 1; !count || n <= count; n++) {
		printk("Hello %s, greeting %ld\n", name, n);
		sleep_ms(pause_ms);
	}
	printk("Greeter done\n");
}
