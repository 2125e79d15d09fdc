/*
 * What surrounds a bench kernel: a bare-metal image for QEMU's virt machine (RAM at 0x40000000, PL011 at 0x09000000) that
 * prints `begin`, runs, prints `end CHECKSUM ok` (or `WRONG`), and powers off through PSCI.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * At a fixed place in the image (see image.lds), so that the bench can ask for fewer rounds without building anew.
 * `mmu`: run with an identity map in cached 2 MiB blocks instead of with the MMU off.
 */
struct kernel_header {
	uint64_t rounds;
	uint64_t mmu;
};

#define KERNEL(rounds_, mmu_)                                                                   \
	volatile struct kernel_header kernel_header __attribute__((section(".header"), used)) = \
		{ .rounds = (rounds_), .mmu = (mmu_) }

/* Work that is not measured. */
void kernel_prepare(void);

/* Runs the given number of rounds and returns a checksum of all their results. */
uint64_t kernel_run(uint64_t rounds);

/* True if the checksum is what so many rounds must give, by a way other than running the kernel. */
bool kernel_check(uint64_t rounds, uint64_t checksum);

/* The compiler must assume that `value` may have changed: keeps a round from being moved out of the loop. */
#define forget(value) asm volatile("" : "+r"(value) : : "memory")

/* xorshift32 (Marsaglia 2003): the same numbers everywhere. `state` must not be 0. */
static inline uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}
