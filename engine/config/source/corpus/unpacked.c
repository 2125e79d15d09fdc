/* Alignment, padding, #pragma pack, flexible arrays: what the compiler does when the attribute is forgotten. */
#include <jailhouse/types.h>
#include <jailhouse/cell-config.h>
#pragma pack(push, 2)
struct two { __u8 a; __u64 b; __u8 c; };
#pragma pack(pop)
struct natural { __u8 a; __u64 b; __u16 c; struct two two; __u8 d:4, e:5; __u32 f:20; };
struct over { __u8 a; __u32 b __attribute__((aligned(16))); } __attribute__((aligned(32)));
struct half { __u8 a; __u32 b __attribute__((packed)); __u16 c; };
struct {
	struct jailhouse_cell_desc cell;
	__u64 cpus[1];
	struct natural n[2];
	struct over o;
	struct half h;
	__u16 last;
	__u32 more[];
} config = {
	.cell = { .signature = JAILHOUSE_CELL_DESC_SIGNATURE, .revision = JAILHOUSE_CONFIG_REVISION, .name = "unpacked" },
	.cpus = { 0xff },
	.n = { { 1, 2, 3, { 4, 5, 6 }, 7, 8, 9 }, { .e = 31, .f = 0xfffff, .two.b = 0x1122334455667788 } },
	.o = { 1, 2 },
	.h = { 1, 0x11223344, 2 },
	.last = 0xabcd,
	.more = { 1, 2, [5] = 6 },
};
