#include <jailhouse/types.h>
struct {
	__u64 v[80];
	__s64 s[20];
} __attribute__((packed)) config = {
	.v = {
		1 << 31, 1u << 31, 1ul << 40, 1 << 4 | 1 << 5, 3 + 4 * 5, (3 + 4) * 5, 10 / 3, -10 / 3, -10 % 3, 10 - 3 - 2,
		~0, ~0u, ~0ul, -1, -1u, !5, !0, 0x80000000, -0x80000000, 2147483648, -2147483648, 4294967296,
		0xffffffff + 1, 0xffffffffu + 1, 0xfffffffful + 1, 017, 0b1010, 0x1fu, 5l, 6LL, 7uLL, 8Lu, 'a', '\n', '\0', '\377', 'ab',
		1 ? 2 : 3, 0 ? 2 : 3, 1 ? -1 : 0u, 1 ? 2 : 1 / 0, 0 && 1 / 0, 1 || 1 / 0, 5 > 3, 5 < 3, -1 < 0u, -1 < 0l, 3 == 3, 3 != 3,
		(__u8)300, (__s8)200, (__u16)-1, (int)0x1ffffffffl, (unsigned char)-1 >> 1, (char)-1, (_Bool)5,
		sizeof(int), sizeof(long), sizeof 5ul, sizeof(config.v), sizeof(config.v) / sizeof(config.v[0]), sizeof("four"),
		0xff & ~0x0f, 0xf0 ^ 0xff, 1 << 2 << 3, 256 >> 2 >> 1, -16 >> 2, (__u32)-16 >> 2, 7 & 3 | 8, 1 | 2 ^ 3 & 1,
		0x7fffffff + 0x1l, 1 << 35, 1u << 32, -1 >> 33, (int){ 5 }, __LINE__, 5 ?: 6, 0 ?: 7, (__u64)(void *)0x1234, 00, 0xFFFFFFFFFFFFFFFF, 18446744073709551615u,
	},
	.s = { -1, -1u, (char)200, (signed char)200, (short)40000, 1 - 2u, 1 - 2ul, -5 / 2, -5 % 2, ~5, -(-3), - -3, +-4 },
};
