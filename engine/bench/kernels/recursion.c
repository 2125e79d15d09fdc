/* Calls and returns: Fibonacci numbers by their definition, Takeuchi's function, and Ackermann's with its deep stack. */
#include "harness.h"

#define ROUNDS 10

KERNEL(ROUNDS, false);

#define FIBONACCI_OF 30
#define ACKERMANN_OF 8

static uint32_t __attribute__((noinline)) fibonacci(uint32_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static int32_t __attribute__((noinline)) takeuchi(int32_t x, int32_t y, int32_t z)
{
	if (y >= x)
		return z;
	return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

static uint32_t __attribute__((noinline)) ackermann(uint32_t m, uint32_t n)
{
	if (!m)
		return n + 1;
	return ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

void kernel_prepare(void)
{
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		uint32_t fibonacci_of = FIBONACCI_OF;
		uint32_t ackermann_of = ACKERMANN_OF;
		int32_t takeuchi_of = 18;

		forget(fibonacci_of);
		forget(ackermann_of);
		forget(takeuchi_of);
		checksum += fibonacci(fibonacci_of);
		checksum += takeuchi(takeuchi_of, takeuchi_of - 6, takeuchi_of - 12);
		checksum += ackermann(3, ackermann_of);
	}
	return checksum;
}

/* fibonacci(30) by adding, takeuchi(18, 12, 6) = 7, ackermann(3, n) = 2^(n + 3) - 3. */
bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	uint64_t smaller = 0, larger = 1;

	for (unsigned int n = 1; n < FIBONACCI_OF; n++) {
		uint64_t sum = smaller + larger;

		smaller = larger;
		larger = sum;
	}
	return checksum == rounds * (larger + 7 + (1UL << (ACKERMANN_OF + 3)) - 3);
}
