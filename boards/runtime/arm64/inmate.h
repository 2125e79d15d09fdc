/* Everything that the runtime offers to an inmate. */
#pragma once
#include "comm_region.h"
#include "console.h"
#include "cpu.h"
#include "gic.h"
#include "hypercall.h"
#include "image.h"
#include "memory.h"
#include "mmu.h"
#include "parameters.h"
#include "psci.h"
#include "sleep.h"
#include "smp.h"
#include "spinlock.h"
#include "timer.h"

/* The inmate: runs on the cell's first CPU. When it returns the CPU stops; the cell's state stays what it is. */
void inmate_main(void);
