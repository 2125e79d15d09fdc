/* The GIC through a guest's eyes: timers, SGIs, UART, RTC and GPIO lines, priorities, masks, active and pending states. */
#include "virt.h"

static volatile u32 taken[16], count;
static volatile u64 quiet_timer;

void irq(void)
{
	u32 iar = gic_acknowledge();
	u32 id = iar & 0x3ff;
	if (id < 1020) {
		if (count < 16)
			taken[count++] = id;
		if (id == 27)
			sysreg_write("cntv_ctl_el0", 2);
		if (id == 30)
			sysreg_write("cntp_ctl_el0", 2);
		if (id == 33)
			write32(UART + 0x38, 0);
		if (id == 34)
			write32(RTC + 0x1c, 1);
		gic_end(iar);
	}
}

static void told(const char *what)
{
	print("%s:", what);
	for (u32 n = 0; n < count; n++)
		print(" %d", (u64)taken[n]);
	print("\n");
	count = 0;
}

int main(void)
{
	print("GICD TYPER %x IIDR %x CTLR %x PIDR2 %x\n", (u64)read32(GICD + 4) & 0x1f, (u64)read32(GICD + 8),
	      (u64)read32(GICD), (u64)read32(GICD + 0xffe8) & 0xf0);
	gic_init_distributor();
	gic_init_cpu();
	print("CTLR %x priorities", (u64)read32(GICD));
	write32(gic_word(64, 0x400, 8), 0x12345678);
	print(" %x", (u64)read32(gic_word(64, 0x400, 8)));
	write32(gic_word(64, 0x400, 8), 0xffffffff);
	print(" %x configuration", (u64)read32(gic_word(64, 0x400, 8)));
	write32(gic_word(64, 0xc00, 2), 0xffffffff);
	print(" %x", (u64)read32(gic_word(64, 0xc00, 2)));
	write32(gic_word(64, 0xc00, 2), 0);
	print(" %x SGI %x\n", (u64)read32(gic_word(64, 0xc00, 2)), (u64)read32(gic_word(0, 0xc00, 2)));

	irq_on();
	gic_enable(27, 0xa0);
	sysreg_write("cntv_tval_el0", 62500);
	sysreg_write("cntv_ctl_el0", 1);
	await(count >= 1);
	told("virtual timer");
	gic_enable(30, 0xa0);
	sysreg_write("cntp_cval_el0", sysreg_read("cntpct_el0") + 62500);
	sysreg_write("cntp_ctl_el0", 1);
	await(count >= 1);
	told("physical timer");

	irq_off();
	sysreg_write("cntp_tval_el0", 0);
	sysreg_write("cntp_ctl_el0", 1);
	sysreg_write("cntv_tval_el0", (u64)-5);
	sysreg_write("cntv_ctl_el0", 1);
	isb();
	print("CTL %x %x pending %d %d\n", sysreg_read("cntp_ctl_el0"), sysreg_read("cntv_ctl_el0"), (u64)gic_pending(30),
	      (u64)gic_pending(27));
	irq_on();
	await(count >= 2);
	told("both, the lower number first");
	irq_off();
	write8(gic_word(30, 0x400, 8) + 2, 0x40);
	sysreg_write("cntp_ctl_el0", 1);
	sysreg_write("cntv_ctl_el0", 1);
	irq_on();
	await(count >= 2);
	told("both, the higher priority first");

	for (u32 id = 0; id < 16; id += 5)
		gic_enable(id, 0x80 - id);
	irq_off();
	for (u32 id = 0; id < 16; id += 5)
		gic_sgi(id, 1);
	print("SGIs pending %x\n", (u64)read32(gic_word(0, 0x200, 1)));
	irq_on();
	await(count >= 4);
	told("SGIs by priority");

	irq_off();
	gic_priority_mask(0x78);
	gic_sgi(5, 1);
	gic_sgi(10, 1);
	irq_on();
	await(count >= 1);
	told("SGIs above the mask");
	gic_priority_mask(0xff);
	isb();
	await(count >= 1);
	told("the other one");

	irq_off();
	gic_enable(33, 0x60);
	write32(UART + 0x38, 0x20);
	print("UART pending %d active %d\n", (u64)gic_pending(33), (u64)gic_active(33));
	irq_on();
	await(count >= 1);
	told("UART transmit");
	print("UART pending %d active %d\n", (u64)gic_pending(33), (u64)gic_active(33));
	gic_enable(34, 0x60);
	write32(RTC + 4, read32(RTC) + 1);
	write32(RTC + 0x10, 1);
	await(count >= 1);
	told("RTC alarm");

	/* Set by hand: an edge that stays, a level that goes with the line. */
	irq_off();
	gic_enable(100, 0x60);
	gic_set_pending(100);
	print("pending %d\n", (u64)gic_pending(100));
	irq_on();
	await(count >= 1);
	told("an SPI by hand");
	irq_off();
	gic_set_pending(100);
	u32 iar = gic_acknowledge();
	print("IAR %d pending %d active %d next %d\n", (u64)(iar & 0x3ff), (u64)gic_pending(100), (u64)gic_active(100),
	      (u64)(gic_acknowledge() & 0x3ff));
	gic_end(iar);
	print("ended: active %d next %d\n", (u64)gic_active(100), (u64)(gic_acknowledge() & 0x3ff));
	gic_set_pending(100);
	write32(gic_word(100, 0x280, 1), 1u << 4);
	print("cleared: pending %d next %d\n", (u64)gic_pending(100), (u64)(gic_acknowledge() & 0x3ff));
	gic_disable(100);
	gic_set_pending(100);
	print("disabled: pending %d next %d\n", (u64)gic_pending(100), (u64)(gic_acknowledge() & 0x3ff));
	return 0;
}
