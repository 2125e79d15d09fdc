/*
 * UART models (see uart.h). Registers as in: 8250 (PC16550D), PL011 (DDI 0183), XUARTPS (Zynq UltraScale+ UG1085),
 * MVEBU (Armada 3700), SCIF family (R-Car, RZ/G), IMX (i.MX 8M), LPUART (i.MX 8X).
 */
#include "uart.h"
#include "cpu.h"
#include "memory.h"
#include "mmu.h"

/* A UART shared with the hypervisor counts as free when it was found ready this many times in a row. */
#define IDLE_POLLS 100

/* Window of a UART whose description does not say. */
#define DEFAULT_WINDOW 0x1000

struct uart_register {
	uint16_t offset;
	uint8_t bits; /* access width; 0: the model has no such register */
};

struct uart_model {
	const char *name;
	struct uart_register data, status;
	/* The UART takes a byte when any of the first status bits is set and all of the second are clear. */
	uint32_t ready_if_set, ready_if_clear;
	/* Status bits to be written back as zero after each byte. */
	uint32_t acknowledge;
	/* Bytes are dropped while bit 0 of this register is clear. */
	struct uart_register enable;
	void (*set_up)(const struct uart *uart, const struct console_description *description);
};

static uintptr_t register_address(const struct uart *uart, struct uart_register reg)
{
	return uart->base + ((uintptr_t)reg.offset << uart->register_shift);
}

static unsigned int register_bits(const struct uart *uart, struct uart_register reg)
{
	return uart->register_shift ? 32 : reg.bits;
}

static uint32_t uart_read(const struct uart *uart, struct uart_register reg)
{
	uintptr_t address = register_address(uart, reg);

	switch (register_bits(uart, reg)) {
	case 8:
		return mmio_read8(address);
	case 16:
		return mmio_read16(address);
	default:
		return mmio_read32(address);
	}
}

static void uart_write(const struct uart *uart, struct uart_register reg, uint32_t value)
{
	uintptr_t address = register_address(uart, reg);

	switch (register_bits(uart, reg)) {
	case 8:
		mmio_write8(address, value);
		break;
	case 16:
		mmio_write16(address, value);
		break;
	default:
		mmio_write32(address, value);
	}
}

static bool uart_ready(const struct uart *uart)
{
	const struct uart_model *model = uart->model;
	uint32_t status = uart_read(uart, model->status);

	return (!model->ready_if_set || status & model->ready_if_set) && !(status & model->ready_if_clear);
}

static void set_up_8250(const struct uart *uart, const struct console_description *description)
{
	const struct uart_register dll = { 0, 8 }, dlm = { 1, 8 }, lcr = { 3, 8 }, mdr1 = { 8, 8 };

	uart_write(uart, lcr, 0x80); /* divisor latch */
	uart_write(uart, dll, description->divider & 0xff);
	uart_write(uart, dlm, description->divider >> 8 & 0xff);
	uart_write(uart, lcr, 0x03); /* 8n1 */
	if (description->flags & CONSOLE_MDR_QUIRK)
		uart_write(uart, mdr1, 0);
}

static void set_up_pl011(const struct uart *uart, const struct console_description *description)
{
	const struct uart_register fr = { 0x18, 32 }, ibrd = { 0x24, 32 }, lcr_h = { 0x2c, 32 }, cr = { 0x30, 32 };

	uart_write(uart, cr, 0);
	while (uart_read(uart, fr) & 0x08) /* BUSY */
		;
	uart_write(uart, ibrd, description->divider);
	uart_write(uart, lcr_h, 0x60); /* 8n1 */
	uart_write(uart, cr, 0x0d01);  /* UARTEN, TXE, Out1, Out2 */
}

static void set_up_hscif(const struct uart *uart, const struct console_description *description)
{
	const struct uart_register brr = { 0x04, 8 }, scr = { 0x08, 16 }, ttrgr = { 0x58, 16 };

	uart_write(uart, scr, 0);
	uart_write(uart, brr, description->divider);
	uart_write(uart, ttrgr, 64);
	uart_write(uart, scr, 0x20); /* TE */
}

static void set_up_scifa(const struct uart *uart, const struct console_description *description)
{
	const struct uart_register brr = { 0x04, 8 }, scr = { 0x08, 16 }, fcr = { 0x18, 16 };

	uart_write(uart, scr, 0);
	uart_write(uart, brr, description->divider);
	uart_write(uart, fcr, 0);
	uart_write(uart, scr, 0x20); /* TE */
}

static const struct uart_model models[] = {
	[CONSOLE_8250] = {
		.name = "8250",
		.data = { 0, 8 }, .status = { 5, 8 }, .ready_if_set = 0x20, /* LSR.THRE */
		.set_up = set_up_8250,
	},
	[CONSOLE_PL011] = {
		.name = "PL011",
		.data = { 0x00, 32 }, .status = { 0x18, 32 }, .ready_if_clear = 0x28, /* FR.TXFF, FR.BUSY */
		.set_up = set_up_pl011,
	},
	[CONSOLE_XUARTPS] = {
		.name = "XUARTPS",
		.data = { 0x30, 32 }, .status = { 0x2c, 32 }, .ready_if_set = 0x08, /* SR.TXEMPTY */
	},
	[CONSOLE_MVEBU] = {
		.name = "MVEBU",
		.data = { 0x04, 32 }, .status = { 0x0c, 32 }, .ready_if_clear = 0x800, /* STAT.TX_FULL */
	},
	[CONSOLE_HSCIF] = {
		.name = "HSCIF",
		.data = { 0x0c, 8 }, .status = { 0x10, 16 }, .ready_if_set = 0x20, .acknowledge = 0x60, /* TDFE, TEND */
		.set_up = set_up_hscif,
	},
	[CONSOLE_SCIFA] = {
		.name = "SCIFA",
		.data = { 0x20, 8 }, .status = { 0x14, 16 }, .ready_if_set = 0x20, .acknowledge = 0x60,
		.set_up = set_up_scifa,
	},
	[CONSOLE_IMX] = {
		.name = "IMX",
		.data = { 0x40, 32 }, .status = { 0xb4, 32 }, .ready_if_set = 0x40, /* UTS.TXEMPTY */
		.enable = { 0x80, 32 },						    /* UCR1.UARTEN */
	},
	[CONSOLE_IMX_LPUART] = {
		.name = "IMX-LPUART",
		.data = { 0x1c, 32 }, .status = { 0x14, 32 }, .ready_if_set = 0x800000, /* STAT.TDRE */
	},
	[CONSOLE_SCIF] = {
		.name = "SCIF",
		.data = { 0x0c, 8 }, .status = { 0x10, 16 }, .ready_if_set = 0x60, .acknowledge = 0x60,
	},
};

#define MODEL_COUNT (sizeof(models) / sizeof(models[0]))

enum console_type uart_type_by_name(const char *name)
{
	for (unsigned int type = 0; type < MODEL_COUNT; type++)
		if (models[type].name && strcmp(models[type].name, name) == 0)
			return type;
	return CONSOLE_NONE;
}

static void open_clock_gate(const struct console_description *description)
{
	uint32_t gate = 1U << (description->gate_number & 31);
	uint32_t value;

	if (!description->clock_register || !map_range(description->clock_register, sizeof(value), MEMORY_DEVICE))
		return;
	value = mmio_read32(description->clock_register);
	mmio_write32(description->clock_register,
		     description->flags & CONSOLE_INVERTED_GATE ? value & ~gate : value | gate);
}

bool uart_open(struct uart *uart, const struct console_description *description)
{
	const struct uart_model *model;

	if (description->type >= MODEL_COUNT || !models[description->type].name || !description->address)
		return false;
	if (!map_range(description->address, description->size ? description->size : DEFAULT_WINDOW, MEMORY_DEVICE))
		return false;
	model = &models[description->type];
	uart->base = description->address;
	uart->register_shift =
		description->type == CONSOLE_8250 && description->flags & CONSOLE_REGISTER_DISTANCE_4 ? 2 : 0;
	uart->model = model;

	open_clock_gate(description);
	if (description->divider && model->set_up) {
		model->set_up(uart, description);
	} else {
		for (unsigned int idle = 0; idle < IDLE_POLLS;)
			idle = uart_ready(uart) ? idle + 1 : 0;
	}
	return true;
}

void uart_send(const struct uart *uart, char c)
{
	const struct uart_model *model = uart->model;

	if (model->enable.bits && !(uart_read(uart, model->enable) & 1))
		return;
	while (!uart_ready(uart))
		;
	uart_write(uart, model->data, (unsigned char)c);
	if (model->acknowledge)
		uart_write(uart, model->status, uart_read(uart, model->status) & ~model->acknowledge);
}
