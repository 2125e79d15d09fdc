/* Runs a kernel and reports over the PL011 (see harness.h). */
#include "harness.h"

#define PL011_DR ((volatile uint32_t *)0x09000000)
#define PL011_FR ((volatile uint32_t *)0x09000018)
#define FR_TXFF 0x20

#define PSCI_SYSTEM_OFF 0x84000008UL

extern volatile struct kernel_header kernel_header;

static void print(const char *text)
{
	while (*text) {
		while (*PL011_FR & FR_TXFF)
			;
		*PL011_DR = (unsigned char)*text++;
	}
}

static void print_hex(uint64_t value)
{
	char digits[17];

	for (int n = 15; n >= 0; n--, value >>= 4)
		digits[n] = "0123456789abcdef"[value & 0xf];
	digits[16] = '\0';
	print(digits);
}

static void __attribute__((noreturn)) power_off(void)
{
	register uint64_t function asm("x0") = PSCI_SYSTEM_OFF;

	asm volatile("hvc #0" : "+r"(function) : : "memory");
	for (;;)
		asm volatile("wfi");
}

/* Called by start.S. */
void __attribute__((noreturn)) harness_main(void)
{
	uint64_t rounds = kernel_header.rounds;
	uint64_t checksum;

	kernel_prepare();
	print("begin\n");
	checksum = kernel_run(rounds);
	print("end ");
	print_hex(checksum);
	print(kernel_check(rounds, checksum) ? " ok\n" : " WRONG\n");
	power_off();
}

/* The compiler may ask for these even in freestanding code. */
void *memset(void *destination, int byte, size_t size)
{
	unsigned char *to = destination;

	while (size--)
		*to++ = (unsigned char)byte;
	return destination;
}

void *memcpy(void *destination, const void *source, size_t size)
{
	unsigned char *to = destination;
	const unsigned char *from = source;

	while (size--)
		*to++ = *from++;
	return destination;
}
