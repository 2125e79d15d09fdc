/*
 * Text output. It goes to the cell's virtual console, to the UART of its configuration, or to both; parameters overrule:
 * con-virtual, con-type, con-base, con-divider, con-clock-reg, con-gate-nr, con-gate-inverted, con-regdist-1.
 */
#pragma once

/* True if the cell may and shall use its virtual console. Opens the console. */
_Bool console_is_virtual(void);

/*
 * %c %d %u %x %p %s %%, with l or ll, a width and a leading 0 to fill with zeros. %p is 0x and 16 digits. What is not
 * known is printed as it stands. Whole calls do not mix with those of other CPUs or of interrupt handlers.
 */
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
