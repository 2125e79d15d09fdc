/* What C libraries do with vectors: copying, finding the end of a string, comparing, summing bytes. */
#include <arm_neon.h>
#include "fp.h"

#define ROUNDS 20000

KERNEL(ROUNDS, true);

#define SIZE 4096

static uint8_t text[SIZE] __attribute__((aligned(64))), copy[SIZE] __attribute__((aligned(64)));

void kernel_prepare(void)
{
	uint32_t seed = 1;

	enable_fp();
	for (unsigned int n = 0; n < SIZE; n++)
		text[n] = 1 + next_random(&seed) % 255;
}

static void copy_vectors(uint8_t *to, const uint8_t *from, size_t size)
{
	for (; size; size -= 64, to += 64, from += 64) {
		uint8x16_t a = vld1q_u8(from), b = vld1q_u8(from + 16);
		uint8x16_t c = vld1q_u8(from + 32), d = vld1q_u8(from + 48);

		vst1q_u8(to, a);
		vst1q_u8(to + 16, b);
		vst1q_u8(to + 32, c);
		vst1q_u8(to + 48, d);
	}
}

/* Four bits for each byte that is set in a mask. */
static uint64_t narrowed(uint8x16_t mask)
{
	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(mask), 4)), 0);
}

static size_t length(const uint8_t *string)
{
	for (const uint8_t *at = string;; at += 16) {
		uint64_t found = narrowed(vceqq_u8(vld1q_u8(at), vdupq_n_u8(0)));

		if (found)
			return at - string + (__builtin_ctzll(found) >> 2);
	}
}

static bool equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint8x16_t difference = vdupq_n_u8(0);

	for (size_t n = 0; n < size; n += 16)
		difference = vorrq_u8(difference, veorq_u8(vld1q_u8(a + n), vld1q_u8(b + n)));
	return vmaxvq_u8(difference) == 0;
}

static uint32_t sum(const uint8_t *bytes, size_t size)
{
	uint32x4_t sums = vdupq_n_u32(0);

	for (size_t n = 0; n < size; n += 16)
		sums = vpadalq_u16(sums, vpaddlq_u8(vld1q_u8(bytes + n)));
	return vaddvq_u32(sums);
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		size_t end = SIZE - 1 - round % 1024;

		copy_vectors(copy, text, SIZE);
		copy[end] = 0;
		checksum += length(copy) + sum(copy, SIZE);
		copy[end] = text[end];
		checksum += equal(copy, text, SIZE);
	}
	return checksum;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	uint64_t expected = 0, all = 0;

	for (unsigned int n = 0; n < SIZE; n++)
		all += text[n];
	for (uint64_t round = 0; round < rounds; round++) {
		size_t end = SIZE - 1 - round % 1024;

		expected += end + all - text[end] + 1;
	}
	return checksum == expected;
}
