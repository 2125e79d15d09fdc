/* Products of small matrices: of doubles by dot products, of floats row by row, as the compiler vectorises it. */
#include "fp.h"

#define ROUNDS 3000
/* What one round gives, as a build of this file for another architecture with fused multiply-add says. */
#define ROUND_CHECKSUM 0xfafca867534ee864UL

KERNEL(ROUNDS, true);

#define SIDE 32

static double left[SIDE][SIDE], right[SIDE][SIDE], product[SIDE][SIDE];
static float left_single[SIDE][SIDE], right_single[SIDE][SIDE], product_single[SIDE][SIDE];

void kernel_prepare(void)
{
	uint32_t seed = 1;

	enable_fp();
	for (unsigned int row = 0; row < SIDE; row++) {
		for (unsigned int column = 0; column < SIDE; column++) {
			left[row][column] = next_fraction(&seed);
			right[row][column] = next_fraction(&seed);
			left_single[row][column] = left[row][column];
			right_single[row][column] = right[row][column];
		}
	}
}

static void multiply_doubles(void)
{
	for (unsigned int row = 0; row < SIDE; row++) {
		for (unsigned int column = 0; column < SIDE; column++) {
			double sum = 0;

			for (unsigned int n = 0; n < SIDE; n++)
				sum = __builtin_fma(left[row][n], right[n][column], sum);
			product[row][column] = sum;
		}
	}
}

static void multiply_floats(void)
{
	for (unsigned int row = 0; row < SIDE; row++) {
		for (unsigned int column = 0; column < SIDE; column++)
			product_single[row][column] = 0;
		for (unsigned int n = 0; n < SIDE; n++) {
			float factor = left_single[row][n];

			for (unsigned int column = 0; column < SIDE; column++)
				product_single[row][column] = __builtin_fmaf(factor, right_single[n][column],
									     product_single[row][column]);
		}
	}
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		multiply_doubles();
		multiply_floats();
		for (unsigned int n = 0; n < SIDE; n++)
			checksum += bits_of(product[n][SIDE - 1 - n]) + bits_of(product_single[n][n]);
		forget(checksum);
	}
	return checksum;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	return checksum == rounds * ROUND_CHECKSUM;
}
