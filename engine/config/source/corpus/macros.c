#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>

#define RW		(JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE)
#define RAM_FLAGS	RW | JAILHOUSE_MEM_EXECUTE | \
			JAILHOUSE_MEM_DMA | \
			JAILHOUSE_MEM_LOADABLE
#define MiB		(1UL << 20)
#define KB(n)		((n) * 1024)
#define REGION(p, v, s, f...)	{ .phys_start = (p), .virt_start = v, .size = s, .flags = f }
#define IDENTITY(p, s, f)	REGION(p, p, s, f)
#define DEVICE(p)		IDENTITY(p, 0x1000, RW | JAILHOUSE_MEM_IO)
#define DEVICES(a, b)		DEVICE(a), DEVICE(b)
#define UART(n)			UART ## n ## _BASE
#define UART0_BASE		0x9000000
#define UART1_BASE		(UART0_BASE + 0x10000)
#define NAME(x)			#x
#define XNAME(x)		NAME(x)
#define BOARD			corpus-macros
#define EMPTY
#define COUNT(...)		(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))
#define LIST(first, ...)	{ first, ## __VA_ARGS__ }
#define CONCAT(a, b)		a ## b
#define CPUS_(n)		CONCAT(0x, n)
#define SELF			SELF_OF(SELF)
#define SELF_OF(x)		1

#ifdef RW
# ifndef NOT_THERE
#  define N_REGIONS 4 + NET
# else
#  error "not here"
# endif
#else
# error unreachable
#endif
#if defined(MiB) && !defined NOT_THERE && (MiB >> 20 == 1 || 0)
#define NET 4
#elif 1
#define NET 99
#endif
#undef MiB
#define MiB 0x100000
#if 0
This is not C: don't stop here "
#elif N_REGIONS > 100
#error too many
#else
#define OK 1
#endif

struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[COUNT(1)];
	struct jailhouse_memory mem_regions[N_REGIONS];
	struct jailhouse_irqchip irqchips[OK];
} __attribute__((packed)) config = {
	.cell = {
		.signature = JAILHOUSE_CELL_DESC_SIGNATURE,
		.architecture = JAILHOUSE_ARM64,
		.revision = JAILHOUSE_CONFIG_REVISION,
		.name = XNAME(BOARD),
		.cpu_set_size = sizeof(config.cpus),
		.num_memory_regions = ARRAY_SIZE(config.mem_regions),
		.num_irqchips = ARRAY_SIZE(config.irqchips) EMPTY,
		.console = {
			.address = UART(1),
			.size = KB(KB(4)) / 1024,
			.type = CONCAT(JAILHOUSE_CON_TYPE_, PL011),
		},
		.vpci_irq_base = __LINE__,
	},
	.cpus = { CPUS_(f0) },
	.mem_regions = {
		DEVICES(UART(0), UART(1)),
		REGION(1 ? 0x40000000 : 0, 0, 64 * MiB, RAM_FLAGS),
		REGION(5 > 10 ? 1 : 0x50000000, 0x50000000, KB(64), RW, .flags = RW | JAILHOUSE_MEM_ROOTSHARED),
		JAILHOUSE_SHMEM_NET_REGIONS(0x7fb00000 +
			0x100000, /* the id */
			1),
	},
	.irqchips = {
		{ .pin_base = 32, .pin_bitmap = LIST(1 << 1, 2, 3) },
	},
};
