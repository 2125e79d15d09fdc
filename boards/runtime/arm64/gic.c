/* What both versions of the GIC have in common (see gic.h). */
#include "gic.h"
#include "comm_region.h"
#include "cpu.h"

static const struct gic_driver *driver;
static interrupt_handler handle_interrupt;

void gic_init(interrupt_handler handler)
{
	if (!driver) {
		handle_interrupt = handler;
		driver = comm_region->gic_version == 3 ? &gic_v3 : &gic_v2;
		driver->probe();
	}
	driver->init_cpu();
	asm volatile("msr daifclr, #2" : : : "memory");
}

void gic_enable(unsigned int intid)
{
	driver->enable(intid);
}

void gic_write_byte(uintptr_t bytes, unsigned int intid, uint8_t value)
{
	uintptr_t word = bytes + (intid & ~3U);
	unsigned int shift = intid % 4 * 8;

	mmio_write32(word, (mmio_read32(word) & ~(0xffU << shift)) | (uint32_t)value << shift);
}

void gic_enable_at(uintptr_t base, unsigned int intid)
{
	gic_write_byte(base + GIC_IPRIORITYR, intid, PRIORITY);
	mmio_write32(base + GIC_ISENABLER + intid / 32 * 4, 1U << intid % 32);
}

void gic_send_sgi(unsigned int intid, uint64_t affinity)
{
	/* What this CPU wrote before must be visible to the CPU that takes the interrupt. */
	dsb();
	driver->send_sgi(intid, affinity);
}

/* Called by the IRQ vector: everything that is pending now. */
void interrupt_dispatch(void)
{
	for (;;) {
		uint32_t acknowledged = driver->acknowledge();
		unsigned int intid = acknowledged & INTID_MASK;

		if (intid >= INTID_SPECIAL)
			return;
		handle_interrupt(intid);
		driver->end(acknowledged);
	}
}
