/*
 * Stage 1 translation (see mmu.h). VMSAv8-64 with a 4 KiB granule and 39-bit addresses (T0SZ = 25): one level 1 table of
 * 1 GiB entries, level 2 tables of 2 MiB blocks. DDI 0487, D5 "The AArch64 Virtual Memory System Architecture".
 */
#include "comm_region.h"
#include "cpu.h"
#include "image.h"
#include "memory.h"
#include "mmu.h"

#define TABLE_ENTRIES 512
#define TABLE_SIZE (TABLE_ENTRIES * sizeof(uint64_t))
#define BLOCK_SHIFT 21
#define BLOCK_SIZE (1UL << BLOCK_SHIFT)
#define LEVEL1_SHIFT 30
#define ADDRESS_BITS 39

#define DESCRIPTOR_BLOCK 0x1UL
#define DESCRIPTOR_TABLE 0x3UL
#define DESCRIPTOR_ADDRESS 0xfffffffff000UL
#define BLOCK_ATTRIBUTES(index) ((uint64_t)(index) << 2)
#define BLOCK_INNER_SHAREABLE (3UL << 8)
#define BLOCK_ACCESSED (1UL << 10)
#define BLOCK_NO_EXECUTE (3UL << 53)

/* MAIR_EL1: attributes 0 normal memory, write-back; attributes 1 device memory, nGnRE. */
#define MAIR_VALUE 0x04ffUL

/* TCR_EL1: T0SZ, table walks write-back and inner shareable, no TTBR1. The physical size (IPS) comes from the CPU. */
#define TCR_VALUE ((64UL - ADDRESS_BITS) | 1UL << 8 | 1UL << 10 | 3UL << 12 | 1UL << 23)
#define TCR_IPS_SHIFT 32
#define IPS_48_BITS 5UL

static const uint64_t block_kind[] = {
	[MEMORY_CACHED] = BLOCK_ATTRIBUTES(0) | BLOCK_INNER_SHAREABLE,
	[MEMORY_DEVICE] = BLOCK_ATTRIBUTES(1) | BLOCK_NO_EXECUTE,
};

/* In the order in which mmu_enable (start.S) reads them. */
struct {
	uint64_t mair, tcr, ttbr0;
} mmu_registers;

static uint64_t *level1;

static uint64_t *level2_table(uintptr_t address)
{
	uint64_t *entry = &level1[address >> LEVEL1_SHIFT];

	if (!*entry) {
		uint64_t *table = heap_allocate(TABLE_SIZE, TABLE_SIZE);

		if (!table)
			return NULL;
		dsb();
		*entry = (uintptr_t)table | DESCRIPTOR_TABLE;
	}
	return (uint64_t *)(*entry & DESCRIPTOR_ADDRESS);
}

bool map_range(uintptr_t address, uint64_t size, enum memory_kind kind)
{
	uint64_t block = address & -BLOCK_SIZE;

	if (!size)
		return true;
	if (address + size < address || address + size > 1UL << ADDRESS_BITS)
		return false;
	for (; block < address + size; block += BLOCK_SIZE) {
		uint64_t *table = level2_table(block);
		uint64_t *entry;

		if (!table)
			return false;
		entry = &table[block >> BLOCK_SHIFT & (TABLE_ENTRIES - 1)];
		if (!*entry)
			*entry = block | block_kind[kind] | BLOCK_ACCESSED | DESCRIPTOR_BLOCK;
	}
	/* From invalid to valid needs no TLB maintenance, only that the walker sees it. */
	dsb();
	isb();
	return true;
}

void clean_cache(const void *start, uint64_t size)
{
	uint64_t line = 4UL << (read_sysreg(ctr_el0) >> 16 & 0xf);
	uint64_t address = (uintptr_t)start & -line;

	for (; address < (uintptr_t)start + size; address += line)
		asm volatile("dc cvac, %0" : : "r"(address) : "memory");
	dsb();
}

/* Called by start.S with the MMU off. */
void mmu_prepare(void)
{
	uint64_t physical_size = read_sysreg(id_aa64mmfr0_el1) & 0xf;

	level1 = heap_allocate(TABLE_SIZE, TABLE_SIZE);
	map_range((uintptr_t)image_start, INMATE_RAM_SIZE, MEMORY_CACHED);
	map_range(COMM_REGION_BASE, COMM_REGION_SIZE, MEMORY_CACHED);

	mmu_registers.mair = MAIR_VALUE;
	mmu_registers.tcr = TCR_VALUE | (physical_size < IPS_48_BITS ? physical_size : IPS_48_BITS) << TCR_IPS_SHIFT;
	mmu_registers.ttbr0 = (uintptr_t)level1;
}
