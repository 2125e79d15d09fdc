/* Fast Fourier transform of complex doubles, forwards and back, and a filter with square roots and divisions between. */
#include "fp.h"

#define ROUNDS 3000
/* What one round gives, as a build of this file for another architecture says. */
#define ROUND_CHECKSUM 0xab7c284866c3b86UL

KERNEL(ROUNDS, true);

#define COUNT 256
#define LOG_COUNT 8

struct complex {
	double re, im;
};

static struct complex signal[COUNT], work[COUNT], roots[COUNT / 2];

/* e to the power i * x for small x, by its series. */
static struct complex unit(double x)
{
	struct complex sum = { 1, 0 }, term = { 1, 0 };

	for (int n = 1; n < 24; n++) {
		struct complex next = { -term.im * x / n, term.re * x / n };

		term = next;
		sum.re += term.re;
		sum.im += term.im;
	}
	return sum;
}

void kernel_prepare(void)
{
	uint32_t seed = 1;

	enable_fp();
	for (unsigned int n = 0; n < COUNT; n++) {
		signal[n].re = next_fraction(&seed);
		signal[n].im = next_fraction(&seed);
	}
	for (unsigned int n = 0; n < COUNT / 2; n++)
		roots[n] = unit(2 * 3.14159265358979323846 * n / COUNT);
}

static void transform(struct complex *data, double direction)
{
	for (unsigned int n = 0; n < COUNT; n++) {
		unsigned int other = 0;

		for (unsigned int bit = 0; bit < LOG_COUNT; bit++)
			other |= (n >> bit & 1) << (LOG_COUNT - 1 - bit);
		if (other > n) {
			struct complex kept = data[n];

			data[n] = data[other];
			data[other] = kept;
		}
	}
	for (unsigned int half = 1; half < COUNT; half *= 2) {
		for (unsigned int start = 0; start < COUNT; start += 2 * half) {
			for (unsigned int n = 0; n < half; n++) {
				struct complex root = roots[n * (COUNT / 2 / half)];
				struct complex *a = &data[start + n], *b = a + half;
				double im = root.im * direction;
				struct complex turned = { b->re * root.re - b->im * im, b->re * im + b->im * root.re };

				b->re = a->re - turned.re;
				b->im = a->im - turned.im;
				a->re += turned.re;
				a->im += turned.im;
			}
		}
	}
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		for (unsigned int n = 0; n < COUNT; n++)
			work[n] = signal[n];
		transform(work, -1);
		for (unsigned int n = 0; n < COUNT; n++) {
			double size = __builtin_sqrt(work[n].re * work[n].re + work[n].im * work[n].im);
			double weight = size / (size + 1);

			work[n].re *= weight;
			work[n].im *= weight;
		}
		transform(work, 1);
		for (unsigned int n = 0; n < COUNT; n += 16)
			checksum += bits_of(work[n].re) + bits_of(work[n].im);
		forget(checksum);
	}
	return checksum;
}

bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	return checksum == rounds * ROUND_CHECKSUM;
}
