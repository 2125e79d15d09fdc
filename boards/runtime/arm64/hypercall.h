/* Calls into the hypervisor: HVC #0x4a48, code in x0, arguments in x1 and x2, answer in x0 (negative: -errno). */
#pragma once
#include <stdint.h>

enum hypercall {
	HYPERCALL_HYPERVISOR_GET_INFO = 5,
	HYPERCALL_CELL_GET_STATE = 6,
	HYPERCALL_CPU_GET_INFO = 7,
	HYPERCALL_DEBUG_CONSOLE_PUTC = 8,
};

static inline int64_t hypercall(enum hypercall code, uint64_t argument1, uint64_t argument2)
{
	register uint64_t x0 asm("x0") = code;
	register uint64_t x1 asm("x1") = argument1;
	register uint64_t x2 asm("x2") = argument2;

	asm volatile("hvc #0x4a48" : "+r"(x0), "+r"(x1), "+r"(x2) : : "x3", "memory");
	return (int64_t)x0;
}
