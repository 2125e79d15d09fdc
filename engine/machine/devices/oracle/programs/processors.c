/* PSCI, and CPUs together: a lock of exclusives, SGIs both ways, WFE woken by SEV, CPUs off and on again. */
#include "virt.h"

#define CPUS 4

static volatile u32 lock, total, arrived, received[CPUS], rounds[CPUS];
static volatile u64 contexts[CPUS];

static void take(void)
{
	u32 free;
	asm volatile("sevl\n1:\twfe\n2:\tldaxr %w0, [%1]\n\tcbnz %w0, 1b\n\tstxr %w0, %w2, [%1]\n\tcbnz %w0, 2b"
		     : "=&r"(free)
		     : "r"(&lock), "r"(1)
		     : "memory");
}

static void give(void)
{
	asm volatile("stlr wzr, [%0]" ::"r"(&lock) : "memory");
}

static u32 add(volatile u32 *where, u32 value)
{
	u32 sum, failed;
	do
		asm volatile("ldxr %w0, [%2]\n\tadd %w0, %w0, %w3\n\tstxr %w1, %w0, [%2]"
			     : "=&r"(sum), "=&r"(failed)
			     : "r"(where), "r"(value)
			     : "memory");
	while (failed);
	return sum;
}

void irq(void)
{
	u32 iar = gic_acknowledge();
	u32 cpu = sysreg_read("mpidr_el1") & 0xff;
	if ((iar & 0x3ff) < 16) {
		received[cpu] |= 1u << (iar & 0x3ff);
		gic_end(iar);
		sev();
	}
}

static void work(void)
{
	for (u32 n = 0; n < 1000; n++) {
		take();
		u32 seen = total;
		total = seen + 1;
		give();
	}
}

void secondary_main(u64 cpu)
{
	gic_init_cpu();
	gic_enable(3, 0x80);
	gic_enable(4, 0x80);
	contexts[cpu] = sysreg_read("mpidr_el1");
	rounds[cpu]++;
	irq_on();
	work();
	add(&arrived, 1);
	sev();
	await(received[cpu] & 1u << 3);
	gic_sgi(4, 1);
	psci(0x84000002, 0, 0, 0);
}

static void all_off(u32 from)
{
	for (u64 cpu = from; cpu < CPUS; cpu++)
		while (psci(0xc4000004, cpu, 0, 0) != 1)
			;
}

int main(void)
{
	print("version %x features", psci(0x84000000, 0, 0, 0));
	for (u64 id = 0x84000000; id < 0x84000012; id++)
		print(" %x", psci(0x8400000a, id, 0, 0) & 0xffffffff);
	print("\nSMCCC %x %x, unknown %x\n", psci(0x80000000, 0, 0, 0), psci(0x80000001, 0x80008000, 0, 0),
	      psci(0x84001234, 0, 0, 0));
	print("migrate %x, suspend with bad state %x\n", psci(0x84000006, 0, 0, 0), psci(0x84000001, 0xffffffff, 0, 0));
	print("states");
	for (u64 cpu = 0; cpu < CPUS + 1; cpu++)
		print(" %x", psci(0xc4000004, cpu, 0, 0));
	print("\non: itself %x, none %x, misaligned %x\n", psci(0xc4000003, 0, (u64)secondary, 0),
	      psci(0xc4000003, 77, (u64)secondary, 0), psci(0xc4000003, 1, 1, 0));
	gic_init_distributor();
	gic_init_cpu();
	gic_enable(4, 0x80);
	irq_on();
	for (u32 round = 0; round < 2; round++) {
		arrived = 0;
		received[0] = 0;
		for (u32 cpu = 1; cpu < CPUS; cpu++)
			received[cpu] = 0;
		for (u64 cpu = 1; cpu < CPUS; cpu++)
			print("start %d: %x\n", cpu, psci(0xc4000003, cpu, (u64)secondary, cpu));
		work();
		while (arrived < CPUS - 1)
			wfe();
		print("total %d arrived %d\n", (u64)total, (u64)arrived);
		gic_sgi(3, 0xe);
		await(received[0] & 1u << 4);
		all_off(1);
		for (u32 cpu = 1; cpu < CPUS; cpu++)
			print("CPU %d: MPIDR %x round %d received %x\n", (u64)cpu, contexts[cpu], (u64)rounds[cpu],
			      (u64)received[cpu]);
	}
	/* Standby ends with an interrupt that is pending but masked. */
	irq_off();
	gic_enable(27, 0x80);
	sysreg_write("cntv_tval_el0", 6250);
	sysreg_write("cntv_ctl_el0", 1);
	print("standby %x\n", psci(0xc4000001, 0, (u64)secondary, 0));
	print("timer %x\n", sysreg_read("cntv_ctl_el0"));
	return 0;
}
