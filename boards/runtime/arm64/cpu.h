/*
 * What C cannot say about an Arm CPU: system registers, barriers, device access, interrupt masking.
 * Arm Architecture Reference Manual, DDI 0487.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define read_sysreg(name)                                             \
	({                                                            \
		uint64_t value_;                                      \
		asm volatile("mrs %0, " #name : "=r"(value_));        \
		value_;                                               \
	})
#define write_sysreg(name, value) asm volatile("msr " #name ", %0" : : "r"((uint64_t)(value)) : "memory")

#define isb() asm volatile("isb" : : : "memory")
#define dsb() asm volatile("dsb sy" : : : "memory")
#define dmb() asm volatile("dmb sy" : : : "memory")
#define wfi() asm volatile("wfi" : : : "memory")
#define wfe() asm volatile("wfe" : : : "memory")
#define sev() asm volatile("sev" : : : "memory")

/* Affinity fields of MPIDR_EL1: Aff3 in bits 39:32, Aff2..Aff0 in bits 23:0. */
#define MPIDR_AFFINITY 0xff00ffffffUL

/* Device registers. One access of exactly the named width, so that a hypervisor can tell what it was. */
#define DEFINE_MMIO(bits, mnemonic, reg)                                                       \
	static inline uint##bits##_t mmio_read##bits(uintptr_t address)                        \
	{                                                                                      \
		uint##bits##_t value;                                                          \
		asm volatile("ldr" mnemonic " %" reg "0, [%1]" : "=r"(value) : "r"(address) : "memory"); \
		return value;                                                                  \
	}                                                                                      \
	static inline void mmio_write##bits(uintptr_t address, uint##bits##_t value)           \
	{                                                                                      \
		asm volatile("str" mnemonic " %" reg "0, [%1]" : : "r"(value), "r"(address) : "memory"); \
	}
DEFINE_MMIO(8, "b", "w")
DEFINE_MMIO(16, "h", "w")
DEFINE_MMIO(32, "", "w")
DEFINE_MMIO(64, "", "x")
#undef DEFINE_MMIO

static inline uint64_t cpu_affinity(void)
{
	return read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
}

/* Masks IRQs and returns what must be given to interrupts_restore(). */
static inline uint64_t interrupts_save(void)
{
	uint64_t daif = read_sysreg(daif);

	asm volatile("msr daifset, #2" : : : "memory");
	return daif;
}

static inline void interrupts_restore(uint64_t daif)
{
	write_sysreg(daif, daif);
}

/*
 * Sleeps in WFI until `condition` holds, which an interrupt handler makes true. The condition is tested with IRQs masked:
 * one that comes between the test and the WFI ends the WFI and is taken right behind it.
 */
#define wait_until(condition)                            \
	do {                                             \
		uint64_t daif_ = interrupts_save();      \
		bool met_ = (condition);                 \
		if (!met_)                               \
			wfi();                           \
		interrupts_restore(daif_);               \
		if (met_)                                \
			break;                           \
	} while (true)

/* Interrupts off, for ever. The cell keeps the state that it last wrote to the comm region. */
void __attribute__((noreturn)) stop(void);
