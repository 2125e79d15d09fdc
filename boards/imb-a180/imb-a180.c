/*
 * Root configuration for ASRock IMB-A180 (AMD G-series GX-420CA system on chip).
 *
 * Start Linux with "memmap=82M$0x3a000000": the hypervisor and the cells are there.
 *
 *   0x3a000000-0x3a5fffff  hypervisor
 *   0x3a600000-0x3effffff  RAM of the cells
 *   0x3f000000-0x3f0dffff  virtio block 01:0c.0
 *   0x3f0e0000-0x3f0effff  virtio console 01:0d.0
 *   0x3f0f0000-0x3f0fffff  ivshmem 01:0e.0 (three peers)
 *   0x3f100000-0x3f1fffff  virtual Ethernet 01:0f.0
 *
 * The devices' BARs and capabilities, memory above 4 GiB and what sits behind the PCIe ports depend on the machine: add what
 * "jailhouse config create" finds there. The SoC has no IOMMU.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[30];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pio pio_regions[8];
	struct jailhouse_pci_device pci_devices[23];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_X86,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x3a000000,
			.size = 0x600000,
		},
		.debug_console = {
			.address = 0x3f8,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_PIO |
				 JAILHOUSE_CON_REGDIST_1,
		},
		.platform_info = {
			.pci_mmconfig_base = 0xe0000000,
			.pci_mmconfig_end_bus = 0xff,
			.x86 = {
				.pm_timer_address = 0x808,
			},
		},
		.root_cell = {
			.name = "IMB-A180",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pio_regions = ARRAY_SIZE(config.pio_regions),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),
		},
	},

	/* CPUs 0 to 3 */
	.cpus = {
		0xf,
	},

	.mem_regions = {
		/* virtio block 01:0c.0: state table */ {
			.phys_start = 0x3f000000,
			.virt_start = 0x3f000000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* virtio block 01:0c.0: rings and buffers */ {
			.phys_start = 0x3f001000,
			.virt_start = 0x3f001000,
			.size = 0xdf000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* no output sections */ { 0 },
		{ 0 },
		/* virtio console 01:0d.0: state table */ {
			.phys_start = 0x3f0e0000,
			.virt_start = 0x3f0e0000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* virtio console 01:0d.0: rings and buffers */ {
			.phys_start = 0x3f0e1000,
			.virt_start = 0x3f0e1000,
			.size = 0xf000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* no output sections */ { 0 },
		{ 0 },
		/* ivshmem 01:0e.0: state table */ {
			.phys_start = 0x3f0f0000,
			.virt_start = 0x3f0f0000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* ivshmem 01:0e.0: read/write section */ {
			.phys_start = 0x3f0f1000,
			.virt_start = 0x3f0f1000,
			.size = 0x9000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* ivshmem 01:0e.0: output of peer 0, which is root */ {
			.phys_start = 0x3f0fa000,
			.virt_start = 0x3f0fa000,
			.size = 0x2000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* ivshmem 01:0e.0: output of peer 1 */ {
			.phys_start = 0x3f0fc000,
			.virt_start = 0x3f0fc000,
			.size = 0x2000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* ivshmem 01:0e.0: output of peer 2 */ {
			.phys_start = 0x3f0fe000,
			.virt_start = 0x3f0fe000,
			.size = 0x2000,
			.flags = JAILHOUSE_MEM_READ,
		},
		/* virtual Ethernet 01:0f.0, root is peer 0 */
		JAILHOUSE_SHMEM_NET_REGIONS(0x3f100000, 0),
		/* RAM below 636 KiB */ {
			.virt_start = 0,
			.size = 0x9f000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* VGA window */ {
			.phys_start = 0x000a0000,
			.virt_start = 0x000a0000,
			.size = 0x20000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* option ROMs */ {
			.phys_start = 0x000c0000,
			.virt_start = 0x000c0000,
			.size = 0x20000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* RAM: Linux up to the hypervisor */ {
			.phys_start = 0x00100000,
			.virt_start = 0x00100000,
			.size = 0x39f00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of the cells, lent by root */ {
			.phys_start = 0x3a600000,
			.virt_start = 0x3a600000,
			.size = 0x4a00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM: Linux above the shared memory */ {
			.phys_start = 0x3f200000,
			.virt_start = 0x3f200000,
			.size = 0x5e911000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM above the ACPI tables */ {
			.phys_start = 0x9db41000,
			.virt_start = 0x9db41000,
			.size = 0x13f000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* ACPI tables */ {
			.phys_start = 0x9db11000,
			.virt_start = 0x9db11000,
			.size = 0x30000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* PCI memory window below MMCONFIG */ {
			.phys_start = 0xc0000000,
			.virt_start = 0xc0000000,
			.size = 0x20000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* PCI memory window above MMCONFIG */ {
			.phys_start = 0xf0000000,
			.virt_start = 0xf0000000,
			.size = 0xec00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* HPET */ {
			.phys_start = 0xfed00000,
			.virt_start = 0xfed00000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* chipset registers (FCH ACPI MMIO) */ {
			.phys_start = 0xfed80000,
			.virt_start = 0xfed80000,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* firmware flash */ {
			.phys_start = 0xff000000,
			.virt_start = 0xff000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
	},

	.irqchips = {
		/* IOAPIC, 24 pins */ {
			.address = 0xfec00000,
			.pin_bitmap = {
				0xffffff,
			},
		},
	},

	.pio_regions = {
		PIO_RANGE(0x40, 0x4), /* timer (PIT) */
		PIO_RANGE(0x60, 0x5), /* keyboard controller, speaker; port 0x64 stays filtered */
		PIO_RANGE(0x70, 0x2), /* RTC, CMOS */
		PIO_RANGE(0x2f8, 0x8), /* COM2 */
		PIO_RANGE(0x3b0, 0x30), /* VGA */
		PIO_RANGE(0x3f8, 0x8), /* COM1 */
		PIO_RANGE(0x800, 0xa0), /* ACPI: PM1, PM timer, GPE */
		PIO_RANGE(0xe000, 0x2000), /* PCI I/O window */
	},

	.pci_devices = {
		/* 00:00.0 root complex */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x0,
		},
		/* 00:01.0 GPU */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x8,
		},
		/* 00:01.1 HDMI audio */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x9,
		},
		/* 00:10.0 xHCI */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x80,
		},
		/* 00:11.0 SATA */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x88,
		},
		/* 00:12.0 OHCI */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x90,
		},
		/* 00:12.2 EHCI */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x92,
		},
		/* 00:13.0 OHCI */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x98,
		},
		/* 00:13.2 EHCI */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x9a,
		},
		/* 00:14.0 SMBus */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xa0,
		},
		/* 00:14.2 HD Audio */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xa2,
		},
		/* 00:14.3 LPC bridge */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xa3,
		},
		/* 00:14.7 SD host controller */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xa7,
		},
		/* 00:18.0 processor configuration 0 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc0,
		},
		/* 00:18.1 processor configuration 1 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc1,
		},
		/* 00:18.2 processor configuration 2 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc2,
		},
		/* 00:18.3 processor configuration 3 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc3,
		},
		/* 00:18.4 processor configuration 4 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc4,
		},
		/* 00:18.5 processor configuration 5 */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc5,
		},
		/* virtio block device, back end */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x160,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 2,
			.shmem_regions_start = 0,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK +
					  VIRTIO_DEV_BLOCK,
		},
		/* virtio console device, back end */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x168,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 3,
			.shmem_regions_start = 4,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK +
					  VIRTIO_DEV_CONSOLE,
		},
		/* ivshmem, three peers, protocol left to the users */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x170,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 16,
			.shmem_regions_start = 8,
			.shmem_dev_id = 0,
			.shmem_peers = 3,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_UNDEFINED,
		},
		/* virtual Ethernet to linux-x86-demo */ {
			.type = JAILHOUSE_PCI_TYPE_IVSHMEM,
			.bdf = 0x178,
			.bar_mask = JAILHOUSE_IVSHMEM_BAR_MASK_MSIX,
			.num_msix_vectors = 2,
			.shmem_regions_start = 13,
			.shmem_dev_id = 0,
			.shmem_peers = 2,
			.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VETH,
		},
	},
};
