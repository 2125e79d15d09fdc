#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

enum { FIRST = 3, SECOND, LAST = SECOND + 7 };
typedef __u64 address_t;
typedef struct { address_t base; __u32 len[2]; } __attribute__((packed)) window_t;
_Static_assert(sizeof(window_t) == 16, "packed");

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[2];
	struct jailhouse_memory mem_regions[12];
	struct jailhouse_irqchip irqchips[4];
	window_t windows[3];
	union { __u32 word; __u8 bytes[4]; struct { __u16 low, high; }; } mixed[4];
	struct { __u32 a:3, b:7, :6, c:16; __u8 d; } bits[2];
	char text[3][8];
	__u8 tail[5];
	struct { struct { __u32 x[2]; } z[2]; __u32 y; } ranges[3];
} __attribute__((packed)) config = {
	.cell = {
		.signature = { 'J', 'H', 'C', 'L', 'L' },
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = { "nested" },
		.cpu_set_size = sizeof config.cpus,
		.num_memory_regions = sizeof(config.mem_regions) / sizeof(config.mem_regions[0]),
		.num_irqchips = ARRAY_SIZE(config.irqchips),
		.console.address = 0x1000,
		.console.flags = JAILHOUSE_CON_ACCESS_MMIO,
		.console.type = 'A' - '=',
		.cpu_reset_address = sizeof(struct jailhouse_memory) + sizeof(((struct jailhouse_cell_desc *)0)->name),
		.msg_reply_timeout = __builtin_offsetof(struct jailhouse_system, platform_info.arm.gicd_base),
	},
	.cpus = { [1] = 1ull << 63, [0] = 5 },
	.mem_regions = {
		[3] = { .phys_start = 3 },
		{ .phys_start = 4 },
		[0 ... 1] = { 1, 2, 3, 4 },
		[6].size = 0x600, [6].flags = 6,
		7, 8, 9, 10,
		11, 12,
		[9 ... 10].virt_start = 0x900, 0x901,
		[11] = (struct jailhouse_memory){ .size = 11, .flags = 1 },
	},
	.irqchips[0].pin_bitmap = { [1 ... 2] = 0xf, 1 },
	.irqchips[1] = { .pin_bitmap[2] = 2, 3, .id = 7 },
	.irqchips = { [2] = { address: 9, id: 8 }, { 1, 2, 3, 4, 5, 6, 7 } },
	.windows = { { 1, { 2, 3 } }, { 4, 5, 6 }, 7, 8 },
	.mixed = { { .bytes = { 1, 2, 3, 4 } }, { .high = 0x1234 }, 0xaabbccdd, { .word = -1, .low = 1 } },
	.bits = { { 1, 2, 3, 4 }, { .c = 0xffff, .a = 7 } },
	.text = { "abc", { "12345678" }, "\x41\101\n\t\\\"\?" },
	.ranges = { [0 ... 1].z[0 ... 1].x[1] = 3, 4, [2] = 5, 6 },
	.tail = { -1, FIRST, LAST, (__u8)0x1ff, +1, },
};
