/* GICv3 (Arm IHI 0069): distributor and redistributors in memory, CPU interface in system registers. */
#include "comm_region.h"
#include "cpu.h"
#include "gic.h"
#include "mmu.h"

#define DISTRIBUTOR_SIZE 0x10000
/* Two frames of 64 KiB each, four where virtual LPIs are implemented. */
#define REDISTRIBUTOR_SIZE 0x20000
#define REDISTRIBUTOR_SIZE_VLPI 0x40000
#define SGI_FRAME 0x10000

#define GICR_TYPER 0x08
#define TYPER_VLPIS (1UL << 1)
#define TYPER_LAST (1UL << 4)

/* GICR_TYPER has the affinity in bits 63:32 without the gap that MPIDR_EL1 has between Aff2 and Aff3. */
static uint64_t packed_affinity(uint64_t affinity)
{
	return (affinity >> 8 & 0xff000000) | (affinity & 0x00ffffff);
}

/* SGI and PPI frame of the calling CPU's redistributor; 0 if there is none. */
static uintptr_t own_sgi_frame(void)
{
	uint64_t wanted = packed_affinity(cpu_affinity());
	uintptr_t frame = comm_region->gicr_base;
	uint64_t type;

	do {
		if (!map_range(frame, REDISTRIBUTOR_SIZE, MEMORY_DEVICE))
			return 0;
		type = mmio_read64(frame + GICR_TYPER);
		if (type >> 32 == wanted)
			return frame + SGI_FRAME;
		frame += type & TYPER_VLPIS ? REDISTRIBUTOR_SIZE_VLPI : REDISTRIBUTOR_SIZE;
	} while (!(type & TYPER_LAST));
	return 0;
}

static void probe(void)
{
	map_range(comm_region->gicd_base, DISTRIBUTOR_SIZE, MEMORY_DEVICE);
}

static void init_cpu(void)
{
	write_sysreg(icc_sre_el1, read_sysreg(icc_sre_el1) | 1);
	isb();
	write_sysreg(icc_ctlr_el1, 0); /* EOImode 0: ending an interrupt deactivates it */
	write_sysreg(icc_pmr_el1, PRIORITY_MASK);
	write_sysreg(icc_igrpen1_el1, 1);
	isb();
}

static void enable(unsigned int intid)
{
	uintptr_t distributor = comm_region->gicd_base;

	if (intid >= FIRST_SPI) {
		mmio_write64(distributor + GICD_IROUTER + 8 * intid, cpu_affinity());
		gic_enable_at(distributor, intid);
	} else {
		uintptr_t frame = own_sgi_frame();

		if (frame)
			gic_enable_at(frame, intid);
	}
}

static uint32_t acknowledge(void)
{
	uint32_t acknowledged = read_sysreg(icc_iar1_el1);

	dsb();
	return acknowledged;
}

static void end(uint32_t acknowledged)
{
	write_sysreg(icc_eoir1_el1, acknowledged);
	isb();
}

static void send_sgi(unsigned int intid, uint64_t affinity)
{
	uint64_t cluster = (affinity & 0xff00000000) << 16 | (affinity & 0xff0000) << 16 | (affinity & 0xff00) << 8;

	write_sysreg(icc_sgi1r_el1, cluster | (uint64_t)intid << 24 | 1UL << (affinity & 0xf));
	isb();
}

const struct gic_driver gic_v3 = {
	.probe = probe,
	.init_cpu = init_cpu,
	.enable = enable,
	.acknowledge = acknowledge,
	.end = end,
	.send_sgi = send_sgi,
};
