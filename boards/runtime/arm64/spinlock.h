/* A lock between the CPUs of a cell, and against the interrupts of the CPU that holds it. Waiters sleep in WFE. */
#pragma once
#include "cpu.h"

struct spinlock {
	uint32_t held;
};

/* Returns what spinlock_release() needs to put the interrupt mask back. */
static inline uint64_t spinlock_acquire(struct spinlock *lock)
{
	uint64_t daif = interrupts_save();
	uint32_t seen, failed;

	/* Losing the exclusive monitor to the release of another CPU is the event that ends a WFE. */
	asm volatile("	sevl\n"
		     "1:	wfe\n"
		     "2:	ldaxr	%w0, [%2]\n"
		     "	cbnz	%w0, 1b\n"
		     "	stxr	%w1, %w3, [%2]\n"
		     "	cbnz	%w1, 2b\n"
		     : "=&r"(seen), "=&r"(failed)
		     : "r"(&lock->held), "r"(1)
		     : "memory");
	return daif;
}

static inline void spinlock_release(struct spinlock *lock, uint64_t daif)
{
	asm volatile("stlr wzr, [%0]" : : "r"(&lock->held) : "memory");
	interrupts_restore(daif);
}
