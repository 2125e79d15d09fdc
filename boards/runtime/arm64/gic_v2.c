/* GICv2 (Arm IHI 0048). In a cell the CPU interface at the comm region's address is the virtual one. */
#include "comm_region.h"
#include "cpu.h"
#include "gic.h"
#include "mmu.h"

#define DISTRIBUTOR_SIZE 0x1000
#define CPU_INTERFACE_SIZE 0x2000

#define GICC_CTLR 0x00
#define GICC_PMR 0x04
#define GICC_IAR 0x0c
#define GICC_EOIR 0x10

#define MAX_CPUS 8

/* CPU interfaces are numbered; which number has which affinity, every CPU notes when it comes up. */
static struct {
	uint64_t affinity;
	bool known;
} interfaces[MAX_CPUS];

/* The CPU's own target bit: what the banked target registers of its SGIs and PPIs hold. */
static uint8_t own_target(void)
{
	uint32_t targets = 0;

	for (unsigned int intid = 0; intid < FIRST_SPI && !targets; intid += 4)
		targets = mmio_read32(comm_region->gicd_base + GICD_ITARGETSR + intid);
	targets |= targets >> 16;
	return targets | targets >> 8;
}

static void probe(void)
{
	map_range(comm_region->gicd_base, DISTRIBUTOR_SIZE, MEMORY_DEVICE);
	map_range(comm_region->gicc_base, CPU_INTERFACE_SIZE, MEMORY_DEVICE);
}

static void init_cpu(void)
{
	uint8_t target = own_target();

	if (target) {
		unsigned int number = __builtin_ctz(target);

		interfaces[number].affinity = cpu_affinity();
		interfaces[number].known = true;
	}
	mmio_write32(comm_region->gicc_base + GICC_PMR, PRIORITY_MASK);
	mmio_write32(comm_region->gicc_base + GICC_CTLR, 1);
}

static void enable(unsigned int intid)
{
	uintptr_t distributor = comm_region->gicd_base;

	if (intid >= FIRST_SPI)
		gic_write_byte(distributor + GICD_ITARGETSR, intid, own_target());
	gic_enable_at(distributor, intid);
}

static uint32_t acknowledge(void)
{
	return mmio_read32(comm_region->gicc_base + GICC_IAR);
}

static void end(uint32_t acknowledged)
{
	mmio_write32(comm_region->gicc_base + GICC_EOIR, acknowledged);
}

static void send_sgi(unsigned int intid, uint64_t affinity)
{
	for (unsigned int number = 0; number < MAX_CPUS; number++)
		if (interfaces[number].known && interfaces[number].affinity == affinity)
			mmio_write32(comm_region->gicd_base + GICD_SGIR, 1U << (16 + number) | intid);
}

const struct gic_driver gic_v2 = {
	.probe = probe,
	.init_cpu = init_cpu,
	.enable = enable,
	.acknowledge = acknowledge,
	.end = end,
	.send_sgi = send_sgi,
};
