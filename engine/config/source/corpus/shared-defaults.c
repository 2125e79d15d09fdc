/* Included by including.c; by itself no configuration. */
#pragma once
#ifndef DEMO_NAME
#define DEMO_NAME "default"
#endif
#define DEMO_RAM(base) \
	{ \
		.phys_start = base, /* comments go on \
		   over lines */ \
		.virt_start = 0, \
		.size = 0x00010000, \
		.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | \
			JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE, \
	}
