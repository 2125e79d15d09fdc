/*
 * Root configuration for Xilinx ZCU102 (Zynq UltraScale+ ZU9EG, four Cortex-A53, 4 GiB).
 *
 * Start Linux with "mem=2048M": what lies above is for the hypervisor and the cells.
 *
 *   0x800000000-0x8003fffff  hypervisor
 *   0x800400000-0x8004fffff  shared memory of the virtual Ethernet 00:01.0
 *   0x800500000-0x80057efff  shared memory of the virtual Ethernet 00:02.0
 *   0x800580000-0x8005fefff  shared memory of the virtual Ethernet 00:03.0
 *   0x800600000-0x80060ffff  RAM of inmate-demo or linux-demo
 *   0x800610000-0x80061ffff  loader of linux-demo-2
 *   0x809000000-0x80fffffff  RAM of linux-demo-2
 *   0x810000000-0x817ffffff  RAM of linux-demo
 *
 * inmate-demo and linux-demo take turns: both use CPU 3 and RAM.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[17];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pci_device pci_devices[2];
	union jailhouse_stream_id stream_ids[3];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x800000000,
			.size = 0x400000,
		},
		.debug_console = {
			.address = 0xff000000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_XUARTPS,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.pci_mmconfig_base = 0xfc000000,
			.pci_mmconfig_end_bus = 0,
			.pci_is_virtual = 1,
			.pci_domain = 0xffff,
			.iommu_units = {
				/* smmu */ {
					.type = JAILHOUSE_IOMMU_ARM_MMU500,
					.base = 0xfd800000,
					.size = 0x20000,
				},
			},
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0xf9010000,
				.gicc_base = 0xf902f000,
				.gich_base = 0xf9040000,
				.gicv_base = 0xf906f000,
			},
		},
		.root_cell = {
			.name = "ZynqMP-ZCU102",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),
			.num_stream_ids = ARRAY_SIZE(config.stream_ids),

			/* INTA..INTD of the virtual PCI host */
			.vpci_irq_base = 104,
		},
	},

	/* CPUs 0 to 3 */
	.cpus = {
		0xf,
	},

	.mem_regions = {
		/* virtual Ethernet 00:01.0, root is peer 0 */
		JAILHOUSE_SHMEM_NET_REGIONS(0x800400000, 0),
		/* virtual Ethernet 00:02.0: state table */ {
			.phys_start = 0x800500000,
			.virt_start = 0x800500000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* no common read/write section */ { 0 },
		/* virtual Ethernet 00:02.0: output of peer 0, which is root */ {
			.phys_start = 0x800501000,
			.virt_start = 0x800501000,
			.size = 0x3f000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* virtual Ethernet 00:02.0: output of peer 1 */ {
			.phys_start = 0x800540000,
			.virt_start = 0x800540000,
			.size = 0x3f000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* programmable logic, QSPI flash window */ {
			.phys_start = 0x80000000,
			.virt_start = 0x80000000,
			.size = 0x60000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe window */ {
			.phys_start = 0xe0000000,
			.virt_start = 0xe0000000,
			.size = 0x10000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* full-power domain: DDR controller, SATA, PCIe, SerDes, GPU, display, DMA */ {
			.phys_start = 0xfd000000,
			.virt_start = 0xfd000000,
			.size = 0x800000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* USB, CoreSight */ {
			.phys_start = 0xfe000000,
			.virt_start = 0xfe000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* low-power domain: UARTs, I2C, SPI, CAN, GPIO, Ethernet, MMC, PMU mailbox, RTC, OCM */ {
			.phys_start = 0xff000000,
			.virt_start = 0xff000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe window, 64-bit */ {
			.phys_start = 0x600000000,
			.virt_start = 0x600000000,
			.size = 0x200000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe configuration space */ {
			.phys_start = 0x8000000000,
			.virt_start = 0x8000000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux */ {
			.phys_start = 0x00000000,
			.virt_start = 0,
			.size = 0x80000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of the cells, lent by root */ {
			.phys_start = 0x800600000,
			.virt_start = 0x800600000,
			.size = 0x7fa00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0xf9010000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},

	.pci_devices = {
		/* virtual Ethernet to linux-demo */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0xffff,
			.bdf = 1 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
		/* virtual Ethernet to linux-demo-2 */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.domain = 0xffff,
			.bdf = 2 << 3,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_INTX,
			.shmem_regions_start = 4,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},

	.stream_ids = {
		/* USB0 */ { .mmu500 = { .id = 0x860 } },
		/* SD1 */ { .mmu500 = { .id = 0x871 } },
		/* GEM3 */ { .mmu500 = { .id = 0x877 } },
	},
};
