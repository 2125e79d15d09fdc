/* Where the parts of the image lie; placed by image.lds. */
#pragma once
#include <stdint.h>

/* RAM that every inmate may count on, from the start of its image. */
#define INMATE_RAM_SIZE 0x10000

/* Bytes of the command-line buffer, terminating NUL included; it lies 0x1000 behind the start of the image. */
#define COMMAND_LINE_SIZE 256

extern char image_start[];
extern char command_line[COMMAND_LINE_SIZE];
extern char stack_top[];
