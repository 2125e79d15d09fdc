/*
 * Root configuration for LeMaker Banana Pi (Allwinner A20, two Cortex-A7, 1 GiB).
 *
 * Start Linux with "mem=896M": what lies above is for the hypervisor and the cells.
 *
 *   0x78000000-0x7beeffff  RAM of linux-demo
 *   0x7bef0000-0x7befffff  loader of linux-demo
 *   0x7bf00000-0x7bfdefff  shared memory of the virtual Ethernet 00:01.0
 *   0x7bfe0000-0x7bfeffff  RAM of inmate-demo
 *   0x7c000000-0x7fffffff  hypervisor
 *
 * inmate-demo and linux-demo take turns: both use CPU 1.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[10];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pci_device pci_devices[1];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x7c000000,
			.size = 0x4000000,
		},
		.debug_console = {
			.address = 0x01c28000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.pci_mmconfig_base = 0x02000000,
			.pci_mmconfig_end_bus = 0,
			.pci_is_virtual = 1,
			.pci_domain = 0,
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0x01c81000,
				.gicc_base = 0x01c82000,
				.gich_base = 0x01c84000,
				.gicv_base = 0x01c86000,
			},
		},
		.root_cell = {
			.name = "Banana-Pi",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),

			/* INTA..INTD of the virtual PCI host */
			.vpci_irq_base = 108,
		},
	},

	/* CPUs 0 and 1 */
	.cpus = {
		0x3,
	},

	.mem_regions = {
		/* virtual Ethernet 00:01.0: state table */ {
			.phys_start = 0x7bf00000,
			.virt_start = 0x7bf00000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* no common read/write section */ { 0 },
		/* virtual Ethernet 00:01.0: output of peer 0, which is root */ {
			.phys_start = 0x7bf01000,
			.virt_start = 0x7bf01000,
			.size = 0x6f000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* virtual Ethernet 00:01.0: output of peer 1 */ {
			.phys_start = 0x7bf70000,
			.virt_start = 0x7bf70000,
			.size = 0x6f000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* SRAM A1 to A4 and D */ {
			.phys_start = 0x00000000,
			.virt_start = 0,
			.size = 0x14000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* system control, DMA, display, MMC, USB, SATA, UARTs, I2C, GPU, Ethernet */ {
			.phys_start = 0x01c00000,
			.virt_start = 0x01c00000,
			.size = 0x81000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SRAM C */ {
			.phys_start = 0x01d00000,
			.virt_start = 0x01d00000,
			.size = 0xd0000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* display front and back ends */ {
			.phys_start = 0x01e00000,
			.virt_start = 0x01e00000,
			.size = 0x200000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, and what linux-demo takes from it */ {
			.phys_start = 0x40000000,
			.virt_start = 0x40000000,
			.size = 0x3bf00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of inmate-demo, lent by root */ {
			.phys_start = 0x7bfe0000,
			.virt_start = 0x7bfe0000,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0x01c81000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},

	.pci_devices = {
		/* virtual Ethernet to linux-demo */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 1 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
