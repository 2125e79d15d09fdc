/* Power State Coordination Interface (Arm DEN 0022), called by SMC: in a cell the hypervisor answers. */
#pragma once
#include <stdint.h>

#define PSCI_VERSION 0x84000000UL
#define PSCI_CPU_OFF 0x84000002UL
#define PSCI_CPU_ON 0xc4000003UL
#define PSCI_AFFINITY_INFO 0xc4000004UL

#define PSCI_SUCCESS 0
#define PSCI_DENIED (-3)
#define PSCI_ALREADY_ON (-4)

/* AFFINITY_INFO */
#define PSCI_STATE_ON 0
#define PSCI_STATE_OFF 1

static inline int64_t psci(uint64_t function, uint64_t argument1, uint64_t argument2, uint64_t argument3)
{
	register uint64_t x0 asm("x0") = function;
	register uint64_t x1 asm("x1") = argument1;
	register uint64_t x2 asm("x2") = argument2;
	register uint64_t x3 asm("x3") = argument3;

	asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
	return (int32_t)x0;
}
