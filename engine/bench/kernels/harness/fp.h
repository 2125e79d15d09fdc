/* For kernels that use the SIMD&FP registers: the harness itself does not. */
#pragma once
#include "harness.h"

/* CPACR_EL1.FPEN: no traps (DDI 0487, D17.2.30). */
static inline void enable_fp(void)
{
#ifdef __aarch64__
	asm volatile("msr cpacr_el1, %0\n\tisb" : : "r"(3UL << 20));
#endif
}

static inline uint64_t bits_of(double value)
{
	union {
		double value;
		uint64_t bits;
	} both = { value };

	return both.bits;
}

/* A number between -1 and 1 with all of its fraction in use. */
static inline double next_fraction(uint32_t *state)
{
	uint64_t high = next_random(state);

	return (double)(int64_t)(high << 32 | next_random(state)) * 0x1p-63;
}
