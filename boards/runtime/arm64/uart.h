/* Sending through the UARTs that a cell's console description can name. One table of models, no interrupts, no input. */
#pragma once
#include "comm_region.h"
#include <stdbool.h>

struct uart_model;

struct uart {
	const struct uart_model *model;
	uintptr_t base;
	/* 8250: log2 of the distance between registers; they are accessed with the same width. */
	unsigned int register_shift;
};

/* The console type that `con-type=NAME` means; CONSOLE_NONE for a name that is not in the table. */
enum console_type uart_type_by_name(const char *name);

/* Maps and sets up the UART. False if there is none of that type or nothing says where it is. */
bool uart_open(struct uart *uart, const struct console_description *description);

void uart_send(const struct uart *uart, char c);
