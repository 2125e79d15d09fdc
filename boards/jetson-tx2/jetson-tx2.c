/*
 * Root configuration for NVIDIA Jetson TX2 (Tegra X2, four Cortex-A57 and two unused Denver cores, 8 GiB).
 *
 * Start Linux with "mem=7680M": what lies above is for the hypervisor and the cells.
 *
 *   0x260000000-0x26ffeffff  RAM of linux-demo
 *   0x26fff0000-0x26fffffff  loader of linux-demo
 *   0x270000000-0x270ffffff  RAM of inmate-demo
 *   0x271000000-0x274ffffff  hypervisor
 *
 * CPUs 1 and 2 are the two Denver cores; Linux runs without them and so does the hypervisor.
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[13];
	struct jailhouse_irqchip irqchips[3];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0x271000000,
			.size = 0x4000000,
		},
		.debug_console = {
			.address = 0x03100000,
			.size = 0x10000,
			.type = JAILHOUSE_CON_TYPE_8250,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0x03881000,
				.gicc_base = 0x03882000,
				.gich_base = 0x03884000,
				.gicv_base = 0x03886000,
			},
		},
		.root_cell = {
			.name = "Jetson-TX2",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
		},
	},

	/* CPUs 0, 3, 4 and 5 */
	.cpus = {
		0x39,
	},

	.mem_regions = {
		/* chip identification and straps */ {
			.phys_start = 0x00100000,
			.virt_start = 0x00100000,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* GPIO, Ethernet, memory controller, UARTs, I2C, SPI, SDMMC, SATA, audio, USB, fuses */ {
			.phys_start = 0x02000000,
			.virt_start = 0x02000000,
			.size = 0x1881000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* top mailboxes and semaphores (HSP) */ {
			.phys_start = 0x03888000,
			.virt_start = 0x03888000,
			.size = 0x778000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* always-on domain: I2C, UARTs, GPIO, RTC, PMC */ {
			.phys_start = 0x0c000000,
			.virt_start = 0x0c000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe controller */ {
			.phys_start = 0x10000000,
			.virt_start = 0x10000000,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SMMU, left to Linux */ {
			.phys_start = 0x12000000,
			.virt_start = 0x12000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* host1x */ {
			.phys_start = 0x13e00000,
			.virt_start = 0x13e00000,
			.size = 0x20000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* display and video engines */ {
			.phys_start = 0x15000000,
			.virt_start = 0x15000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* GPU */ {
			.phys_start = 0x17000000,
			.virt_start = 0x17000000,
			.size = 0x2000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* SYSRAM with the messages of the BPMP */ {
			.phys_start = 0x30000000,
			.virt_start = 0x30000000,
			.size = 0x50000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* PCIe windows */ {
			.phys_start = 0x40000000,
			.virt_start = 0x40000000,
			.size = 0x40000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, and what the cells take from it */ {
			.phys_start = 0x80000000,
			.virt_start = 0x80000000,
			.size = 0x1f1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM: Linux above the hypervisor */ {
			.phys_start = 0x275000000,
			.virt_start = 0x275000000,
			.size = 0xb000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0x03881000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 128 to 255 */ {
			.address = 0x03881000,
			.pin_base = 160,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 256 to 383 */ {
			.address = 0x03881000,
			.pin_base = 288,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},
};
