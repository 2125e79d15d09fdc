/* What the test programs share: the virt machine's addresses, registers, printing, PSCI, and the GIC by its version. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define UART 0x09000000UL
#define RTC 0x09010000UL
#define FW_CFG 0x09020000UL
#define GPIO 0x09030000UL
#define VIRTIO 0x0a000000UL
#define ECAM 0x4010000000UL
#define FLASH1 0x04000000UL
#define GICD 0x08000000UL
#define GICC 0x08010000UL
#define GICR 0x080a0000UL
#define V2M 0x08020000UL

#define sysreg_read(name)                                                                                              \
	({                                                                                                             \
		u64 value;                                                                                             \
		asm volatile("mrs %0, " name : "=r"(value)::"memory");                                                 \
		value;                                                                                                 \
	})
#define sysreg_write(name, value) asm volatile("msr " name ", %0" ::"r"((u64)(value)) : "memory")
#define isb() asm volatile("isb" ::: "memory")
#define dsb() asm volatile("dsb sy" ::: "memory")
#define wfi() asm volatile("wfi" ::: "memory")
#define wfe() asm volatile("wfe" ::: "memory")
#define sev() asm volatile("dsb sy\n\tsev" ::: "memory")
#define irq_on() asm volatile("msr daifclr, #2" ::: "memory")
#define irq_off() asm volatile("msr daifset, #2" ::: "memory")
/* With WFI. Masked, no interrupt is taken between the look and WFI, which a pending one ends all the same. */
#define await(condition)                                                                                               \
	do {                                                                                                           \
		irq_off();                                                                                             \
		while (!(condition)) {                                                                                 \
			wfi();                                                                                         \
			irq_on();                                                                                      \
			isb();                                                                                         \
			irq_off();                                                                                     \
		}                                                                                                      \
		irq_on();                                                                                              \
	} while (0)

static inline u32 read32(u64 at) { u32 v; asm volatile("ldr %w0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void write32(u64 at, u32 v) { asm volatile("str %w0, [%1]" ::"r"(v), "r"(at) : "memory"); }
static inline u16 read16(u64 at) { u16 v; asm volatile("ldrh %w0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void write16(u64 at, u16 v) { asm volatile("strh %w0, [%1]" ::"r"(v), "r"(at) : "memory"); }
static inline u8 read8(u64 at) { u8 v; asm volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void write8(u64 at, u8 v) { asm volatile("strb %w0, [%1]" ::"r"(v), "r"(at) : "memory"); }
static inline u64 read64(u64 at) { u64 v; asm volatile("ldr %0, [%1]" : "=r"(v) : "r"(at) : "memory"); return v; }
static inline void write64(u64 at, u64 v) { asm volatile("str %0, [%1]" ::"r"(v), "r"(at) : "memory"); }

extern u64 entry_registers[5];
extern char secondary[], image_start[];

void print(const char *format, ...); /* %x hex, %d decimal (u64 both), %s, %c */
u64 psci(u64 id, u64 first, u64 second, u64 third);
void system_off(void);

/* Synchronous exceptions are counted, told and skipped; interrupts go to irq(). */
extern volatile u64 exceptions, last_esr, last_far;
void irq(void);
void secondary_main(u64 cpu);

void gic_init_distributor(void);
void gic_init_cpu(void);
void gic_enable(u32 intid, u8 priority);
void gic_disable(u32 intid);
u32 gic_acknowledge(void);
void gic_end(u32 iar);
void gic_sgi(u32 intid, u32 cpus);
void gic_priority_mask(u8 priority);
u32 gic_pending(u32 intid);
void gic_set_pending(u32 intid);
u32 gic_active(u32 intid);
/* Address of the register word of a private or shared interrupt: `offset` as in the distributor's map. */
u64 gic_word(u32 intid, u32 offset, u32 bits_each);
