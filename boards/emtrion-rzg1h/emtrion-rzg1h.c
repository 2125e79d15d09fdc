/*
 * Root configuration for emtrion emCON-RZ/G1H (Renesas RZ/G1H, four Cortex-A15, four Cortex-A7, 2 GiB).
 *
 * Start Linux with "mem=768M": what lies above is for the hypervisor and the cells.
 *
 *   0x70000000-0x7beeffff  RAM of linux-demo
 *   0x7bef0000-0x7befffff  loader of linux-demo
 *   0x7bff0000-0x7bffffff  RAM of inmate-demo
 *   0xbc000000-0xbfffffff  hypervisor
 */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

struct {
	struct jailhouse_system header;
	__u64 cpus[1];
	struct jailhouse_memory mem_regions[6];
	struct jailhouse_irqchip irqchips[3];
} __attribute__((packed)) config = {
	.header = {
		.signature = JAILHOUSE_SYSTEM_SIGNATURE,
		.architecture = JAILHOUSE_ARM,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0xbc000000,
			.size = 0x4000000,
		},
		.debug_console = {
			.address = 0xe6c50000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_SCIFA,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4 |
				 JAILHOUSE_CON_INVERTED_GATE,
			/* module stop bit of the UART: clear it to start the clock */
			.clock_reg = 0xe6150138,
			.gate_nr = 3,
		},
		.platform_info = {
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0xf1001000,
				.gicc_base = 0xf1002000,
				.gich_base = 0xf1004000,
				.gicv_base = 0xf1006000,
			},
		},
		.root_cell = {
			.name = "emCON-RZ-G1H",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
		},
	},

	/* CPUs 0 to 7 */
	.cpus = {
		0xff,
	},

	.mem_regions = {
		/* CPG, GPIO, pin functions, timers, I2C, DMA, serial ports */ {
			.phys_start = 0xe6000000,
			.virt_start = 0xe6000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* audio */ {
			.phys_start = 0xec000000,
			.virt_start = 0xec000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* USB, SD host interfaces, SATA, Ethernet */ {
			.phys_start = 0xee000000,
			.virt_start = 0xee000000,
			.size = 0x1000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* video signal processor, display unit */ {
			.phys_start = 0xfe000000,
			.virt_start = 0xfe000000,
			.size = 0x1f00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, and what the cells take from it */ {
			.phys_start = 0x40000000,
			.virt_start = 0x40000000,
			.size = 0x3bf00000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of inmate-demo, and the rest up to the hypervisor */ {
			.phys_start = 0x7bf00000,
			.virt_start = 0x7bf00000,
			.size = 0x40100000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0xf1001000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 128 to 255 */ {
			.address = 0xf1001000,
			.pin_base = 160,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 256 to 383 */ {
			.address = 0xf1001000,
			.pin_base = 288,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},
};
