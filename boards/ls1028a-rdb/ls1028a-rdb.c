/*
 * Root configuration for NXP LS1028A-RDB (two Cortex-A72, 4 GiB).
 *
 * Start Linux with "mem=1017M": what lies above is for the hypervisor and the cells.
 *
 *   0xbf900000-0xbf90ffff  loader of linux-demo
 *   0xc0000000-0xc000ffff  RAM of inmate-demo
 *   0xc0000000-0xfb4fffff  RAM of linux-demo
 *   0xfb500000-0xfb6fffff  virtual PCI host: configuration space, device windows
 *   0xfb8f0000-0xfb8fdfff  shared memory of the ivshmem device 00:00.0
 *   0xfb900000-0xfb9fffff  shared memory of the virtual Ethernet 00:01.0
 *   0xfba00000-0xfbdfffff  hypervisor
 *
 * inmate-demo and linux-demo take turns: both use CPU 1, RAM and SPI 8.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[20];
	struct jailhouse_irqchip irqchips[2];
	struct jailhouse_pci_device pci_devices[2];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0xfba00000,
			.size = 0x400000,
		},
		.debug_console = {
			.address = 0x021c0500,
			.size = 0x100,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_MMIO,
		},
		.platform_info = {
			.pci_mmconfig_base = 0xfb500000,
			.pci_mmconfig_end_bus = 0,
			.pci_is_virtual = 1,
			.pci_domain = 0xffff,
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 3,
				.gicd_base = 0x06000000,
				.gicr_base = 0x06040000,
			},
		},
		.root_cell = {
			.name = "ls1028a",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),

			/* INTA..INTD of the virtual PCI host */
			.vpci_irq_base = 18,
		},
	},

	/* CPUs 0 and 1 */
	.cpus = {
		0x3,
	},

	.mem_regions = {
		/* ivshmem 00:00.0: state table */ {
			.phys_start = 0xfb8f0000,
			.virt_start = 0xfb8f0000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* ivshmem 00:00.0: read/write section */ {
			.phys_start = 0xfb8f1000,
			.virt_start = 0xfb8f1000,
			.size = 0x9000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* ivshmem 00:00.0: output of peer 0, which is root */ {
			.phys_start = 0xfb8fa000,
			.virt_start = 0xfb8fa000,
			.size = 0x2000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* ivshmem 00:00.0: output of peer 1 */ {
			.phys_start = 0xfb8fc000,
			.virt_start = 0xfb8fc000,
			.size = 0x2000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* virtual Ethernet 00:01.0, root is peer 0 */
		JAILHOUSE_SHMEM_NET_REGIONS(0xfb900000, 0),
		/* CCSR: DDR, clocks, I2C, SPI, SD, CAN, UARTs, DMA, GPIO, timers, USB, SATA, PCIe */ {
			.phys_start = 0x01000000,
			.virt_start = 0x01000000,
			.size = 0x4000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SMMU, left to Linux */ {
			.phys_start = 0x05000000,
			.virt_start = 0x05000000,
			.size = 0x800000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* CAAM, qDMA */ {
			.phys_start = 0x08000000,
			.virt_start = 0x08000000,
			.size = 0x400000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* watchdogs */ {
			.phys_start = 0x0c000000,
			.virt_start = 0x0c000000,
			.size = 0x20000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* display, GPU, audio */ {
			.phys_start = 0x0f000000,
			.virt_start = 0x0f000000,
			.size = 0x200000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* FlexSPI window */ {
			.phys_start = 0x20000000,
			.virt_start = 0x20000000,
			.size = 0x10000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* integrated endpoints: ENETC, switch, timer */ {
			.phys_start = 0x1f0000000,
			.virt_start = 0x1f0000000,
			.size = 0x10000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SATA ECC */ {
			.phys_start = 0x700100000,
			.virt_start = 0x700100000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe windows */ {
			.phys_start = 0x8000000000,
			.virt_start = 0x8000000000,
			.size = 0x1000000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* Linux, first bank, and the loader of linux-demo */ {
			.phys_start = 0x80000000,
			.virt_start = 0x80000000,
			.size = 0x40000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM: Linux, second bank */ {
			.phys_start = 0x2080000000,
			.virt_start = 0x2080000000,
			.size = 0x80000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of the cells, lent by root */ {
			.phys_start = 0xc0000000,
			.virt_start = 0xc0000000,
			.size = 0x3b500000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0x06000000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 128 to 255 */ {
			.address = 0x06000000,
			.pin_base = 160,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},

	.pci_devices = {
		/* ivshmem, two peers, protocol left to the users */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0xffff,
			.bdf = 0 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_UNDEFINED,
		},
		/* virtual Ethernet to linux-demo */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0xffff,
			.bdf = 1 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 4,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
