/*
 * A Linux on CPUs 6 and 7 of AMD Opteron A1100: 512 MiB of RAM, virtual Ethernet, second 10 GbE port and SerDes of the 10 GbE ports.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[10];
	struct jailhouse_irqchip irqchips[2];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = "linux-inmate-demo",
		.flags = JAILHOUSE_CELL_PASSIVE_COMMREG,

		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.num_pci_devices = ARRAY_SIZE(config.pci_devices),

		.console = {
			.address = 0xe1010000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_PL011,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
	},

	/* CPUs 6 and 7 */
	.cpus = {
		0b11000000,
	},

	.mem_regions = {
		/* virtual Ethernet 00:0f.0, this cell is peer 1 */
		JAILHOUSE_SHMEM_NET_REGIONS(0x83e4000000, 1),
		/* UART, shared with root and the hypervisor */ {
			.phys_start = 0xe1010000,
			.virt_start = 0xe1010000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO | JAILHOUSE_MEM_ROOTSHARED,
		},
		/* second 10 GbE port */ {
			.phys_start = 0xe0900000,
			.virt_start = 0xe0900000,
			.size = 0x100000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SerDes of the 10 GbE ports */ {
			.phys_start = 0xe1240000,
			.virt_start = 0xe1240000,
			.size = 0x20000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* loader */ {
			.phys_start = 0x83dfff0000,
			.virt_start = 0,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA |
				 JAILHOUSE_MEM_LOADABLE,
		},
		/* RAM */ {
			.phys_start = 0x83c0000000,
			.virt_start = 0x83c0000000,
			.size = 0x1fff0000,
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
		/* SPI 68 (purpose not known) */ {
			.address = 0xe1110000,
			.pin_base = 32,
			.pin_bitmap = {
				0x0, 0x0, 0x10, 0x0,
			},
		},
		/* SPIs 322 (10 GbE), 324 (10 GbE), 328 (UART), 341 (10 GbE), 342 (10 GbE), 343 (10 GbE) and 344 (10 GbE) */ {
			.address = 0xe1110000,
			.pin_base = 352,
			.pin_bitmap = {
				0x1e00114, 0x0, 0x0, 0x0,
			},
		},
	},

	.pci_devices = {
		/* virtual Ethernet to root */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 15 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 2,
			.shmem_regions_start = 0,
			.shmem_dev_id = 1,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
