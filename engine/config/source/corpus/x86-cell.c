// x86: ports, capabilities, caches, an AMD IOMMU's names, bit-fields.
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[3];
	struct jailhouse_cache cache_regions[2];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pio pio_regions[5];
	struct jailhouse_pci_device pci_devices[2];
	struct jailhouse_pci_capability pci_caps[5];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_X86,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "pci" "-" "demo",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG |
			JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED | JAILHOUSE_CELL_VIRTUAL_CONSOLE_ACTIVE,
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_cache_regions = ARRAY_SIZE(config.cache_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_pio_regions = ARRAY_SIZE(config.pio_regions),
		.num_pci_devices = ARRAY_SIZE(config.pci_devices),
		.num_pci_caps = ARRAY_SIZE(config.pci_caps),
		.console = {
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_PIO,
			.address = 0x3f8,
		},
	},
	.cpus = {
		0b0100,
	},
	.mem_regions = {
		{ .virt_start = 0x00100000, .size = 0x1000,
		  .flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE | JAILHOUSE_MEM_COMM_REGION, },
	},
	.cache_regions = { { .start = 0, .size = 2, .type = JAILHOUSE_CACHE_L3, .flags = JAILHOUSE_CACHE_ROOTSHARED } },
	.irqchips = { { .address = 0xfec00000, .id = 0xff00, .pin_bitmap = { (1 << 4) | (1 << 3) } } },
	.pio_regions = {
		PIO_RANGE(0x2f8, 8),
		PIO_RANGE(0x3f8, 8),
		PIO_RANGE(0xe010, 8), /* OXPCIe952 serial1 */
		{ .base = 0x60, .length = 0x2 },
		{ 0x70, 2 },
	},
	.pci_devices = {
		{
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.iommu = 1,
			.domain = 0x0000,
			.bdf = 0x00c8,
			.bar_mask = { 0xfffe0000, 0x00000000, 0xffffffe0, 0, 0, 0 },
			.caps_start = 0,
			.num_caps = 5,
			.num_msi_vectors = 1,
			.msi_64bits = 1,
			.msi_maskable = 0,
			.num_msix_vectors = 5,
			.msix_region_size = 0x1000,
			.msix_address = 0xfebd0000,
		},
		{
			.type = JAILHOUSE_PCI_TYPE_BRIDGE,
			.bdf = (0x1f << 3) | 2,
			.msi_64bits = 1,
			.msi_maskable = 1,
		},
	},
	.pci_caps = {
		{ .id = PCI_CAP_ID_PM, .start = 0xc8, .len = 8, .flags = JAILHOUSE_PCICAPS_WRITE, },
		{ .id = PCI_CAP_ID_MSI, .start = 0xd0, .len = 14, .flags = JAILHOUSE_PCICAPS_WRITE },
		{ .id = PCI_CAP_ID_EXP, .start = 0xe0, .len = 20, .flags = 0, },
		{ .id = PCI_EXT_CAP_ID_ERR | JAILHOUSE_PCI_EXT_CAP, .start = 0x100, .len = 64, .flags = 0 },
		{ .id = 0x3 | JAILHOUSE_PCI_EXT_CAP, .start = 0x140, .len = 4 },
	},
};
