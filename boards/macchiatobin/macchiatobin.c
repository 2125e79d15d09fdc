/*
 * Root configuration for SolidRun MACCHIATObin (Marvell Armada 8040, four Cortex-A72, 4 GiB).
 *
 * Start Linux with "mem=3950M": what lies above is for the hypervisor and the cells.
 *
 *   0x137000000-0x13effffff  RAM of linux-demo
 *   0x13fa00000-0x13fa0ffff  loader of linux-demo
 *   0x13faf0000-0x13fafffff  RAM of inmate-demo
 *   0x13fb00000-0x13fbfffff  shared memory of the virtual Ethernet 00:01.0
 *   0x13fc00000-0x13fffffff  hypervisor
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[11];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x13fc00000,
			.size = 0x400000,
		},
		.debug_console = {
			.address = 0xf0512000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.pci_mmconfig_base = 0xfc000000,
			.pci_mmconfig_end_bus = 0,
			.pci_is_virtual = 1,
			.pci_domain = 1,
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0xf0210000,
				.gicc_base = 0xf022f000,
				.gich_base = 0xf0240000,
				.gicv_base = 0xf026f000,
			},
		},
		.root_cell = {
			.name = "MACCHIATObin",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),

			/* INTA..INTD of the virtual PCI host */
			.vpci_irq_base = 76,
		},
	},

	/* CPUs 0 to 3 */
	.cpus = {
		0xf,
	},

	.mem_regions = {
		/* virtual Ethernet 00:01.0, root is peer 0 */
		JAILHOUSE_SHMEM_NET_REGIONS(0x13fb00000, 0),
		/* PCIe windows */ {
			.phys_start = 0xc0000000,
			.virt_start = 0xc0000000,
			.size = 0x20000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* AP806 below the GIC: interconnect, SMMU left to Linux */ {
			.phys_start = 0xf0000000,
			.virt_start = 0xf0000000,
			.size = 0x210000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* AP806 above the GIC: GICv2m, message interrupts, DMA, UARTs, watchdog, eMMC */ {
			.phys_start = 0xf0280000,
			.virt_start = 0xf0280000,
			.size = 0xd80000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* CP0 and CP1: Ethernet, USB, SATA, SD, I2C, crypto */ {
			.phys_start = 0xf2000000,
			.virt_start = 0xf2000000,
			.size = 0x4000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe configuration space and I/O */ {
			.phys_start = 0xf6000000,
			.virt_start = 0xf6000000,
			.size = 0x4000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, first bank */ {
			.phys_start = 0x00000000,
			.virt_start = 0,
			.size = 0xc0000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM: Linux, second bank, and what the cells take from it */ {
			.phys_start = 0x100000000,
			.virt_start = 0x100000000,
			.size = 0x3fb00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0xf0210000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},

	.pci_devices = {
		/* virtual Ethernet to linux-demo */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 1,
			.bdf = 1 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
