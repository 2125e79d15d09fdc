/*
 * Root configuration for QEMU's q35 machine: 4 CPUs, 1 GiB, Intel IOMMU.
 *
 * Start Linux with "intel_iommu=off memmap=82M$0x3a000000": the hypervisor and the cells are there.
 *
 *   0x3a000000-0x3a5fffff  hypervisor
 *   0x3a600000-0x3effffff  RAM of the cells
 *   0x3f000000-0x3f0dffff  virtio block 01:0c.0
 *   0x3f0e0000-0x3f0effff  virtio console 01:0d.0
 *   0x3f0f0000-0x3f0fffff  ivshmem 01:0e.0 (three peers)
 *   0x3f100000-0x3f1fffff  virtual Ethernet 01:0f.0
 *
 * The machine: -machine q35,kernel_irqchip=split -smp 4 -m 1G -device intel-iommu,intremap=on -device intel-hda,addr=1b.0
 * -device hda-duplex -device e1000,addr=19.0.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[25];
	struct jailhouse_irqchip irqchips[1];
	struct jailhouse_pio pio_regions[11];
	struct jailhouse_pci_device pci_devices[11];
	struct jailhouse_pci_capability pci_caps[4];
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
			.pci_mmconfig_base = 0xb0000000,
			.pci_mmconfig_end_bus = 0xff,
			.iommu_units = {
				/* DMAR unit */ {
					.type = JAILHOUSE_IOMMU_INTEL,
					.base = 0xfed90000,
					.size = 0x1000,
				},
			},
			.x86 = {
				.pm_timer_address = 0x608,
				.vtd_interrupt_limit = 256,
			},
		},
		.root_cell = {
			.name = "QEMU-VM",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
			.num_pio_regions = ARRAY_SIZE(config.pio_regions),
			.num_pci_devices = ARRAY_SIZE(config.pci_devices),
			.num_pci_caps = ARRAY_SIZE(config.pci_caps),
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
		/* RAM: Linux, with the VGA window and the BIOS below 1 MiB */ {
			.virt_start = 0,
			.size = 0x3a000000,
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
			.size = 0xddf000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* ACPI tables */ {
			.phys_start = 0x3ffdf000,
			.virt_start = 0x3ffdf000,
			.size = 0x21000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* PCI memory window, up to the IOAPIC */ {
			.phys_start = 0xc0000000,
			.virt_start = 0xc0000000,
			.size = 0x3ec00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* HPET */ {
			.phys_start = 0xfed00000,
			.virt_start = 0xfed00000,
			.size = 0x1000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* firmware flash */ {
			.phys_start = 0xfffc0000,
			.virt_start = 0xfffc0000,
			.size = 0x40000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
		/* PCI memory window above 4 GiB */ {
			.phys_start = 0x100000000,
			.virt_start = 0x100000000,
			.size = 0x8000000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE,
		},
	},

	.irqchips = {
		/* IOAPIC, 24 pins; requester ff:00.0 */ {
			.address = 0xfec00000,
			.id = 0xff00,
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
		PIO_RANGE(0x510, 0x2), /* firmware configuration (fw_cfg) */
		PIO_RANGE(0x600, 0x40), /* ACPI: PM1, PM timer, GPE */
		PIO_RANGE(0x700, 0x40), /* SMBus */
		PIO_RANGE(0xcd0, 0x14), /* ACPI hotplug */
		PIO_RANGE(0xc000, 0x4000), /* PCI I/O window */
	},

	.pci_devices = {
		/* 00:00.0 host bridge (82G33) */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x0,
		},
		/* 00:01.0 VGA */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0x8,
			.bar_mask = {
				0xff000000, 0x0, 0xfffff000,
				0x0, 0x0, 0x0,
			},
		},
		/* 00:19.0 e1000 Ethernet */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xc8,
			.bar_mask = {
				0xfffe0000, 0xffffffc0, 0x0,
				0x0, 0x0, 0x0,
			},
		},
		/* 00:1b.0 HD Audio */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xd8,
			.bar_mask = {
				0xffffc000, 0x0, 0x0,
				0x0, 0x0, 0x0,
			},
			.caps_start = 0,
			.num_caps = 1,
			.num_msi_vectors = 1,
			.msi_64bits = 1,
		},
		/* 00:1f.0 LPC bridge (ICH9) */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xf8,
			.caps_start = 1,
			.num_caps = 1,
		},
		/* 00:1f.2 AHCI (ICH9) */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xfa,
			.bar_mask = {
				0x0, 0x0, 0x0,
				0x0, 0xffffffe0, 0xfffff000,
			},
			.caps_start = 2,
			.num_caps = 2,
			.num_msi_vectors = 1,
			.msi_64bits = 1,
		},
		/* 00:1f.3 SMBus (ICH9) */ {
			.type = JAILHOUSE_PCI_TYPE_DEVICE,
			.bdf = 0xfb,
			.bar_mask = {
				0x0, 0x0, 0x0,
				0x0, 0xffffffc0, 0x0,
			},
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

	.pci_caps = {
		/* HD Audio */ {
			.id = PCI_CAP_ID_MSI,
			.start = 0x60,
			.len = 14,
			.flags = JAILHOUSE_PCICAPS_WRITE,
		},
		/* LPC bridge (ICH9) */ {
			.id = PCI_CAP_ID_VNDR,
			.start = 0xe0,
			.len = 2,
			.flags = 0,
		},
		/* AHCI (ICH9) */ {
			.id = PCI_CAP_ID_MSI,
			.start = 0x80,
			.len = 14,
			.flags = JAILHOUSE_PCICAPS_WRITE,
		},
		/* AHCI (ICH9) */ {
			.id = PCI_CAP_ID_SATA,
			.start = 0xa8,
			.len = 2,
			.flags = 0,
		},
	},
};
