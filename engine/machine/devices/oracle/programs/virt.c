/* See virt.h. GIC_VERSION is 2 or 3. */
#include <stdarg.h>
#include "virt.h"

static void put(char c)
{
	while (read32(UART + 0x18) & 0x20)
		;
	write32(UART, c);
}

static void number(u64 value, u32 base)
{
	char digits[24];
	int n = 0;
	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

void print(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 'x':
			number(va_arg(list, u64), 16);
			break;
		case 'd':
			number(va_arg(list, u64), 10);
			break;
		case 'c':
			put((char)va_arg(list, u64));
			break;
		case 's':
			for (const char *s = va_arg(list, const char *); *s; s++)
				put(*s);
			break;
		}
	}
	va_end(list);
}

u64 psci(u64 id, u64 first, u64 second, u64 third)
{
	register u64 x0 asm("x0") = id;
	register u64 x1 asm("x1") = first;
	register u64 x2 asm("x2") = second;
	register u64 x3 asm("x3") = third;
	asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
	return x0;
}

void system_off(void)
{
	psci(0x84000008, 0, 0, 0);
	for (;;)
		;
}

volatile u64 exceptions, last_esr, last_far;

void exception(u64 kind)
{
	if ((kind & 3) == 1) {
		irq();
		return;
	}
	exceptions++;
	last_esr = sysreg_read("esr_el1");
	last_far = sysreg_read("far_el1");
	sysreg_write("elr_el1", sysreg_read("elr_el1") + 4);
}

__attribute__((weak)) void irq(void) { }
__attribute__((weak)) void secondary_main(u64 cpu) { (void)cpu; }

static u64 my_frame(void)
{
	return GICR + (sysreg_read("mpidr_el1") & 0xff) * 0x20000;
}

u64 gic_word(u32 intid, u32 offset, u32 bits_each)
{
	u64 base = GIC_VERSION == 3 && intid < 32 ? my_frame() + 0x10000 : GICD;
	return base + offset + intid * bits_each / 32 * 4;
}

void gic_init_distributor(void)
{
	write32(GICD, GIC_VERSION == 3 ? 0x12 : 1);
}

void gic_init_cpu(void)
{
#if GIC_VERSION == 3
	u64 frame = my_frame();
	write32(frame + 0x14, read32(frame + 0x14) & ~2u);
	while (read32(frame + 0x14) & 4)
		;
	write32(frame + 0x10080, 0xffffffff);
	sysreg_write("s3_0_c12_c12_5", sysreg_read("s3_0_c12_c12_5") | 1);
	isb();
	sysreg_write("s3_0_c4_c6_0", 0xff);
	sysreg_write("s3_0_c12_c12_7", 1);
	isb();
#else
	write32(GICC + 4, 0xff);
	write32(GICC, 1);
#endif
}

void gic_enable(u32 intid, u8 priority)
{
	write8(gic_word(intid, 0x400, 8) + (intid & 3), priority);
	if (intid >= 32) {
		if (GIC_VERSION == 3) {
			write32(gic_word(intid, 0x80, 1), read32(gic_word(intid, 0x80, 1)) | 1u << (intid & 31));
			write64(GICD + 0x6000 + intid * 8, sysreg_read("mpidr_el1") & 0xff00ffffffUL);
		} else
			write8(GICD + 0x800 + intid, 1u << (sysreg_read("mpidr_el1") & 7));
	}
	write32(gic_word(intid, 0x100, 1), 1u << (intid & 31));
}

void gic_disable(u32 intid)
{
	write32(gic_word(intid, 0x180, 1), 1u << (intid & 31));
}

u32 gic_pending(u32 intid)
{
	return read32(gic_word(intid, 0x200, 1)) >> (intid & 31) & 1;
}

void gic_set_pending(u32 intid)
{
	write32(gic_word(intid, 0x200, 1), 1u << (intid & 31));
}

u32 gic_active(u32 intid)
{
	return read32(gic_word(intid, 0x300, 1)) >> (intid & 31) & 1;
}

u32 gic_acknowledge(void)
{
#if GIC_VERSION == 3
	u32 iar = sysreg_read("s3_0_c12_c12_0");
	dsb();
	return iar;
#else
	return read32(GICC + 0xc);
#endif
}

void gic_end(u32 iar)
{
#if GIC_VERSION == 3
	sysreg_write("s3_0_c12_c12_1", iar);
	isb();
#else
	write32(GICC + 0x10, iar);
#endif
}

void gic_sgi(u32 intid, u32 cpus)
{
	dsb();
#if GIC_VERSION == 3
	sysreg_write("s3_0_c12_c11_5", (u64)intid << 24 | cpus);
	isb();
#else
	write32(GICD + 0xf00, cpus << 16 | intid);
#endif
}

void gic_priority_mask(u8 priority)
{
#if GIC_VERSION == 3
	sysreg_write("s3_0_c4_c6_0", priority);
	isb();
#else
	write32(GICC + 4, priority);
#endif
}
