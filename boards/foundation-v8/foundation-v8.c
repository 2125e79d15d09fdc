/*
 * Root configuration for Arm Foundation model (four Armv8-A CPUs, GICv2, 4 GiB).
 *
 * Start Linux with "mem=1983M": what lies above is for the hypervisor and the cells.
 *
 *   0x0fbfe0000-0x0fbfeffff  RAM of inmate-demo
 *   0x0fc000000-0x0ffffffff  hypervisor
 *   0x880000000-0x88fffffff  RAM of linux-demo
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
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.flags = JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE,
		.hypervisor_memory = {
			.phys_start = 0xfc000000,
			.size = 0x4000000,
		},
		.debug_console = {
			.address = 0x1c090000,
			.size = 0x1000,
			.type = JAILHOUSE_CON_TYPE_PL011,
			.flags = JAILHOUSE_CON_ACCESS_MMIO |
				 JAILHOUSE_CON_REGDIST_4,
		},
		.platform_info = {
			.arm = {
				.maintenance_irq = 25,
				.gic_version = 2,
				.gicd_base = 0x2c001000,
				.gicc_base = 0x2c002000,
				.gich_base = 0x2c004000,
				.gicv_base = 0x2c006000,
			},
		},
		.root_cell = {
			.name = "foundation-v8",

			.cpu_set_size = sizeof(config.cpus),
			.num_memory_regions = ARRAY_SIZE(config.mem_regions),
			.num_irqchips = ARRAY_SIZE(config.irqchips),
		},
	},

	/* CPUs 0 to 3 */
	.cpus = {
		0xf,
	},

	.mem_regions = {
		/* NOR flash */ {
			.phys_start = 0x08000000,
			.virt_start = 0x08000000,
			.size = 0x4000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* Ethernet (SMSC 91C111) */ {
			.phys_start = 0x1a000000,
			.virt_start = 0x1a000000,
			.size = 0x10000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* motherboard: system registers, UARTs, virtio block */ {
			.phys_start = 0x1c000000,
			.virt_start = 0x1c000000,
			.size = 0x200000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* system counter and watchdog */ {
			.phys_start = 0x2a430000,
			.virt_start = 0x2a430000,
			.size = 0x21000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_IO,
		},
		/* RAM: Linux, and what the cells take from it */ {
			.phys_start = 0x80000000,
			.virt_start = 0x80000000,
			.size = 0x7c000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
		/* RAM of linux-demo, lent by root */ {
			.phys_start = 0x880000000,
			.virt_start = 0x880000000,
			.size = 0x80000000,
			.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |
				 JAILHOUSE_MEM_EXECUTE | JAILHOUSE_MEM_DMA,
		},
	},

	/* the GIC: all shared interrupts */
	.irqchips = {
		/* SPIs 0 to 127 */ {
			.address = 0x2c001000,
			.pin_base = 32,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 128 to 255 */ {
			.address = 0x2c001000,
			.pin_base = 160,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
		/* SPIs 256 to 383 */ {
			.address = 0x2c001000,
			.pin_base = 288,
			.pin_bitmap = {
				0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
			},
		},
	},
};
