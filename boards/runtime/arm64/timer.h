/* The generic timer: the virtual counter and its timer. Times in nanoseconds, deadlines in counter ticks. */
#pragma once
#include <stdint.h>

/* INTID of the virtual timer: a PPI. */
#define TIMER_INTID 27

uint64_t timer_count(void);
uint64_t timer_frequency_hz(void);
uint64_t timer_ns_to_ticks(uint64_t ns);
uint64_t timer_ticks_to_ns(uint64_t ticks);

/* Raises TIMER_INTID when the counter reaches `count`. The line stays up until the next call or timer_stop(). */
void timer_fire_at(uint64_t count);
void timer_stop(void);

/* Busy wait. */
void delay_us(uint64_t us);
