/*
 * Root configuration for Globalscale ESPRESSObin, 1 GiB (Marvell Armada 3720, two Cortex-A53).
 *
 * Start Linux with "mem=878M": what lies above is for the hypervisor and the cells.
 *
 *   0x37000000-0x3effffff  RAM of linux-demo
 *   0x3fa00000-0x3fa0ffff  loader of linux-demo
 *   0x3faf0000-0x3fafffff  RAM of inmate-demo
 *   0x3fb00000-0x3fbfffff  shared memory of the virtual Ethernet 00:01.0
 *   0x3fc00000-0x3fffffff  hypervisor
 *
 * inmate-demo and linux-demo take turns: both use CPU 1.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[7];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x3fc00000,
			.size = 0x400000,
		},
		.debug_console = {
			.address = 0xd0012000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_MVEBU,
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
				.gic_version = 3,
				.gicd_base = 0xd1d00000,
				.gicr_base = 0xd1d40000,
			},
		},
		.root_cell = {
			.name = "ESPRESSObin",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),

			/* INTA..INTD of the virtual PCI host */
			.vpci_irq_base = 96,
		},
	},

	/* CPUs 0 and 1 */
	.cpus = {
		0x3,
	},

	.mem_regions = {
		/* virtual Ethernet 00:01.0, root is peer 0 */
		JAILHOUSE_SHMEM_NET_REGIONS(0x3fb00000, 0),
		/* internal registers: UARTs, SPI, clocks, pins, Ethernet, USB, PCIe, MMC, SATA */ {
			.phys_start = 0xd0000000,
			.virt_start = 0xd0000000,
			.size = 0x1d00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe memory and I/O windows */ {
			.phys_start = 0xe8000000,
			.virt_start = 0xe8000000,
			.size = 0x8000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, and what the cells take from it */ {
			.phys_start = 0x00000000,
			.virt_start = 0,
			.size = 0x3fb00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0xd1d00000,
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
