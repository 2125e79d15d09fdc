/* The interrupt controller as an inmate uses it: GICv2 or GICv3, as the comm region says. Ids are INTIDs. */
#pragma once
#include <stdint.h>

typedef void (*interrupt_handler)(unsigned int intid);

/* Sets up the interface of the calling CPU and unmasks its IRQs. All CPUs share one handler. */
void gic_init(interrupt_handler handler);

/* Lets an interrupt through: SGIs and PPIs for the calling CPU, SPIs with the calling CPU as their target. */
void gic_enable(unsigned int intid);

/* Sends SGI 0..15 to another CPU of the cell. It must have called gic_init(), or there is no telling its GICv2 target bit. */
void gic_send_sgi(unsigned int intid, uint64_t affinity);

/* --- between gic.c and the drivers --- */

struct gic_driver {
	/* Maps the registers; called once, by the first CPU. */
	void (*probe)(void);
	void (*init_cpu)(void);
	void (*enable)(unsigned int intid);
	/* The value to end the interrupt with; its INTID is in bits 9:0. */
	uint32_t (*acknowledge)(void);
	void (*end)(uint32_t acknowledged);
	void (*send_sgi)(unsigned int intid, uint64_t affinity);
};

extern const struct gic_driver gic_v2, gic_v3;

#define INTID_MASK 0x3ff
#define FIRST_SPI 32
/* INTIDs from here on mean: nothing is pending. */
#define INTID_SPECIAL 1020

/* GICD_*, and for GICv3 the SGI and PPI frame of a redistributor: IHI 0048, IHI 0069. */
#define GIC_ISENABLER 0x100
#define GIC_IPRIORITYR 0x400
#define GICD_ITARGETSR 0x800
#define GICD_SGIR 0xf00
#define GICD_IROUTER 0x6000

/* The CPU interface lets through priorities above this one (a smaller number is more urgent). */
#define PRIORITY_MASK 0xf0
#define PRIORITY 0x80

/*
 * Sets one of the registers with a byte for each interrupt. By whole words: a hypervisor in between filters these, and
 * need not know of narrower accesses.
 */
void gic_write_byte(uintptr_t bytes, unsigned int intid, uint8_t value);

/* Gives an interrupt its priority and lets it through, in the registers at `base`. */
void gic_enable_at(uintptr_t base, unsigned int intid);
