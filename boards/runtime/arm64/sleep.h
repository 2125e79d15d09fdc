/* Waiting in WFI. For inmates that handle no interrupts of their own: it takes the interrupt handler for itself. */
#pragma once
#include <stdint.h>

void sleep_ms(uint64_t ms);
