/*
 * A Linux on CPUs 2 and 3 of NXP LS1046A: 1019 MiB of RAM, virtual Ethernet.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[8];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "linux-demo",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG |
			 JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED,

		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_pci_devices = ARRAY_SIZE(config.pci_devices),

		/* INTA..INTD of the virtual PCI host */
		.vpci_irq_base = 74,

		.console = {
			.address = 0x021c0500,
			.size = 0x100,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_MMIO,
		},
	},

	/* CPUs 2 and 3 */
	.cpus = {
		0b1100,
	},

	.mem_regions = {
		/* virtual Ethernet 00:01.0: state table */ {
			.phys_start = 0xc0410000,
			.virt_start = 0xc0410000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED,
		},
		/* no common read/write section */ { 0 },
		/* virtual Ethernet 00:01.0: output of peer 0 */ {
			.phys_start = 0xc0411000,
			.virt_start = 0xc0411000,
			.size = 0x77000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED,
		},
		/* virtual Ethernet 00:01.0: output of peer 1, which is this cell */ {
			.phys_start = 0xc0488000,
			.virt_start = 0xc0488000,
			.size = 0x77000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_ROOTSHARED,
		},
		/* UART, shared with root and the hypervisor */ {
			.phys_start = 0x021c0000,
			.virt_start = 0x021c0000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO | JAILHOUSE_MEM_ROOTSHARED,
		},
		/* loader */ {
			.phys_start = 0xc0500000,
			.virt_start = 0,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_LOADABLE,
		},
		/* RAM */ {
			.phys_start = 0xc0510000,
			.virt_start = 0xc0510000,
			.size = 0x3faf0000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA |
				 JAILHOUSE_MEM_LOADABLE,
		},
		/* communication region */ {
			.virt_start = 0x80000000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_COMM_REGION,
		},
	},

	/* the GIC */
	.irqchips = {
		/* SPIs 22 (purpose not known), 54 (UART), 74 (INTA), 75 (INTB), 76 (INTC) and 77 (INTD) */ {
			.address = 0x01410000,
			.pin_base = 32,
			.pin_bitmap = {
				0x400000, 0x400000, 0x3c00, 0x0,
			},
		},
	},

	.pci_devices = {
		/* virtual Ethernet to root */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0xffff,
			.bdf = 1 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 0,
			.shmem_dev_id = 1,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
