/* Arrays larger than what is initialised, and one that is declared but never counted. */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[7];
	struct jailhouse_irqchip irqchips[2];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "larger",
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
	},
	.cpus = { 0x2, },
	.mem_regions = { /* UART */ { 0xe62c0000, 0xe62c0000, 0x1000, JAILHOUSE_MEM_READ }, },
	.irqchips = { { .address = 0xf1001000, .pin_base = 160, .pin_bitmap = { 0xffffffffL << 4, 1UL << 31 } } },
};
