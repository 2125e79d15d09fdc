#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
#define DEMO_NAME "included"
#define DEFAULTS "shared-defaults.c"
#include DEFAULTS
#include "shared-defaults.c"
%:define CPUS 0x10

struct <%
	struct jailhouse_cell_desc cell;
	__u64 cpus<:1:>;
	struct jailhouse_memory mem_regions[1];
%> __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVI\
SION,
		.name = DEMO_NAME,
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
	},
	.cpus = { CPUS, }, // one \
	   comment over two lines
	.mem_regions = { DEMO_RAM(0x7fa00000), },
};
