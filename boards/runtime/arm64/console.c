/* The console of an inmate (see console.h): where text goes, and printk. */
#include "console.h"
#include "cpu.h"
#include "hypercall.h"
#include "memory.h"
#include "parameters.h"
#include "spinlock.h"
#include "uart.h"
#include <stdarg.h>

static struct {
	struct spinlock lock;
	bool open;
	bool to_hypervisor;
	bool to_uart;
	struct uart uart;
} console;

/* The console of the cell's configuration as the parameters change it. */
static struct console_description console_description(void)
{
	volatile struct console_description *given = &comm_region->console;
	struct console_description result = {
		.address = given->address,
		.size = given->size,
		.type = given->type,
		.flags = given->flags,
		.divider = given->divider,
		.gate_number = given->gate_number,
		.clock_register = given->clock_register,
	};
	char name[16];

	if (parameter_string("con-type", name, sizeof(name), NULL))
		result.type = uart_type_by_name(name);
	result.address = parameter_integer("con-base", result.address);
	result.divider = parameter_integer("con-divider", result.divider);
	result.clock_register = parameter_integer("con-clock-reg", result.clock_register);
	result.gate_number = parameter_integer("con-gate-nr", result.gate_number);
	if (parameter_boolean("con-gate-inverted", result.flags & CONSOLE_INVERTED_GATE))
		result.flags |= CONSOLE_INVERTED_GATE;
	else
		result.flags &= ~CONSOLE_INVERTED_GATE;
	if (parameter_boolean("con-regdist-1", !(result.flags & CONSOLE_REGISTER_DISTANCE_4)))
		result.flags &= ~CONSOLE_REGISTER_DISTANCE_4;
	else
		result.flags |= CONSOLE_REGISTER_DISTANCE_4;
	return result;
}

static void console_open(void)
{
	uint32_t flags = comm_region->flags;
	struct console_description description = console_description();

	console.to_hypervisor = flags & COMM_VIRTUAL_CONSOLE_PERMITTED &&
				parameter_boolean("con-virtual", flags & COMM_VIRTUAL_CONSOLE_ACTIVE);
	console.to_uart = uart_open(&console.uart, &description);
	console.open = true;
}

static void console_send(char c)
{
	if (console.to_hypervisor)
		hypercall(HYPERCALL_DEBUG_CONSOLE_PUTC, (unsigned char)c, 0);
	if (console.to_uart) {
		if (c == '\n')
			uart_send(&console.uart, '\r');
		uart_send(&console.uart, c);
	}
}

static void send_string(const char *text)
{
	while (*text)
		console_send(*text++);
}

static void send_padded(const char *digits, unsigned int length, unsigned int width, char fill)
{
	for (; width > length; width--)
		console_send(fill);
	while (length--)
		console_send(*digits++);
}

static void send_number(uint64_t magnitude, bool negative, unsigned int base, unsigned int width, char fill)
{
	char digits[20 + 1]; /* 2^64 in decimal, and a sign */
	char *first = digits + sizeof(digits);

	do {
		*--first = "0123456789abcdef"[magnitude % base];
		magnitude /= base;
	} while (magnitude);
	if (negative && fill == '0') {
		console_send('-');
		width = width ? width - 1 : 0;
	} else if (negative) {
		*--first = '-';
	}
	send_padded(first, digits + sizeof(digits) - first, width, fill);
}

static int64_t signed_argument(va_list *arguments, unsigned int longs)
{
	return longs ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
}

static uint64_t unsigned_argument(va_list *arguments, unsigned int longs)
{
	return longs ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned int);
}

/* Prints what the conversion behind `start` (a percent sign) says; returns the character behind it. */
static const char *send_conversion(const char *start, va_list *arguments)
{
	const char *at = start + 1;
	unsigned int width = 0, longs = 0;
	char fill = ' ';
	const char *text;
	int64_t value;

	if (*at == '0') {
		fill = '0';
		at++;
	}
	while (*at >= '0' && *at <= '9')
		width = width * 10 + *at++ - '0';
	for (; *at == 'l'; at++)
		longs++;

	switch (*at) {
	case 'c':
		console_send(va_arg(*arguments, int));
		break;
	case 'd':
		value = signed_argument(arguments, longs);
		send_number(value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0, 10, width, fill);
		break;
	case 'u':
		send_number(unsigned_argument(arguments, longs), false, 10, width, fill);
		break;
	case 'x':
		send_number(unsigned_argument(arguments, longs), false, 16, width, fill);
		break;
	case 'p':
		send_string("0x");
		send_number(va_arg(*arguments, uintptr_t), false, 16, 16, '0');
		break;
	case 's':
		text = va_arg(*arguments, const char *);
		send_padded(text, strlen(text), width, ' ');
		break;
	case '%':
		console_send('%');
		break;
	default:
		console_send('%');
		return start + 1;
	}
	return at + 1;
}

void printk(const char *format, ...)
{
	uint64_t daif = spinlock_acquire(&console.lock);
	va_list arguments;

	if (!console.open)
		console_open();
	va_start(arguments, format);
	while (*format) {
		if (*format == '%')
			format = send_conversion(format, &arguments);
		else
			console_send(*format++);
	}
	va_end(arguments);
	spinlock_release(&console.lock, daif);
}

bool console_is_virtual(void)
{
	uint64_t daif = spinlock_acquire(&console.lock);

	if (!console.open)
		console_open();
	spinlock_release(&console.lock, daif);
	return console.to_hypervisor;
}
