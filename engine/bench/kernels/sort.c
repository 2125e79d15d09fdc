/* Quicksort of a million random 32-bit numbers: unpredictable branches over 4 MiB. */
#include "harness.h"

#define ROUNDS 3

KERNEL(ROUNDS, true);

#define COUNT (1U << 20)
/* Shorter ranges are sorted by insertion. */
#define SHORT 12

static uint32_t numbers[COUNT];

static void insertion_sort(uint32_t *first, uint32_t *last)
{
	for (uint32_t *next = first + 1; next <= last; next++) {
		uint32_t value = *next;
		uint32_t *hole = next;

		for (; hole > first && hole[-1] > value; hole--)
			*hole = hole[-1];
		*hole = value;
	}
}

/* Sorts [first, last]; recurses into the smaller part only. */
static void quicksort(uint32_t *first, uint32_t *last)
{
	while (last - first >= SHORT) {
		uint32_t pivot = first[(last - first) / 2];
		uint32_t *low = first, *high = last;

		while (low <= high) {
			while (*low < pivot)
				low++;
			while (*high > pivot)
				high--;
			if (low <= high) {
				uint32_t value = *low;

				*low++ = *high;
				*high-- = value;
			}
		}
		if (high - first < last - low) {
			quicksort(first, high);
			first = low;
		} else {
			quicksort(low, last);
			last = high;
		}
	}
	insertion_sort(first, last);
}

static uint64_t fill(uint32_t seed)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < COUNT; n++)
		sum += numbers[n] = next_random(&seed);
	return sum;
}

void kernel_prepare(void)
{
}

uint64_t kernel_run(uint64_t rounds)
{
	uint64_t checksum = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		fill(round + 1);
		quicksort(numbers, numbers + COUNT - 1);
		for (uint32_t n = 1; n < COUNT; n++)
			if (numbers[n - 1] > numbers[n])
				return 0;
		for (uint32_t n = 0; n < COUNT; n++)
			checksum += numbers[n];
	}
	return checksum;
}

/* In order (else the checksum is 0), and the same numbers as before. */
bool kernel_check(uint64_t rounds, uint64_t checksum)
{
	uint64_t expected = 0;

	for (uint64_t round = 0; round < rounds; round++)
		expected += fill(round + 1);
	return checksum == expected;
}
