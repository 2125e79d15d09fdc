// The schema of board.json: what a board folder must say, field by field. Addresses and sizes are hex strings; counts,
// identifiers and frequencies plain numbers. Repeated device windows may be given once with a count.
import { z } from 'zod';
import { ARCHITECTURES } from '../util/architecture.ts';
import { IOMMU_KINDS } from './description.ts';

/** Physical addresses of a board have at most 48 bits. */
const ADDRESS_BITS = 48;

const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/, 'expected a hex string such as "0x9000000"')
  .transform((text) => Number.parseInt(text, 16))
  .refine((value) => value < 2 ** ADDRESS_BITS, `does not fit ${ADDRESS_BITS} address bits`);
const size = hex.refine((value) => value > 0, 'a window must not be empty');
const count = z.int().nonnegative();
/** SPI number: INTID minus 32 (GIC: INTIDs 32 to 1019). */
const spi = z.int().min(0).max(987);
/** PPI as INTID. */
const ppi = z.int().min(16).max(31);

const range = { name: z.string().min(1), base: hex, size };

export const boardSchema = z.strictObject({
  title: z.string().min(1),
  architecture: z.enum(ARCHITECTURES),
  cpus: z.array(z.strictObject({ id: count, affinity: hex, model: z.string().min(1), cluster: count })).min(1),
  ram: z.array(z.strictObject(range)).min(1),
  reserved: z.array(z.strictObject(range)).default([]),
  gic: z
    .strictObject({
      version: z.literal([2, 3]),
      distributor: hex,
      redistributor: hex.optional(),
      cpuInterface: hex.optional(),
      hypervisorInterface: hex.optional(),
      virtualCpuInterface: hex.optional(),
      spis: z.int().min(0).max(988),
      maintenanceIrq: ppi,
    })
    .optional(),
  timers: z
    .strictObject({
      frequencyHz: z.int().min(1).max(1_000_000_000),
      ppis: z.strictObject({ securePhysical: ppi, physical: ppi, virtual: ppi, hypervisor: ppi }),
    })
    .optional(),
  performanceMonitors: z.strictObject({ ppi }).optional(),
  uarts: z.array(
    z.strictObject({
      ...range,
      type: z.string().min(1),
      spi: spi.optional(),
      stride: z.literal([1, 4]).optional(),
      space: z.enum(['memory', 'ports']).optional(),
      clockHz: z.int().positive().optional(),
      receiveInterrupt: z.enum(['level', 'every-byte']).optional(),
    }),
  ),
  devices: z.array(
    z.strictObject({
      ...range,
      type: z.string().min(1),
      spi: spi.optional(),
      /** That many windows one behind the other, with consecutive SPIs; names get a number. */
      count: z.int().min(1).optional(),
    }),
  ),
  pci: z
    .array(
      z.strictObject({
        ecam: hex,
        ecamSize: size,
        buses: z.int().min(1).max(256),
        domain: z.int().min(0).max(0xffff),
        virtual: z.boolean(),
        windows: z.array(z.strictObject({ kind: z.enum(['io', 'mem32', 'mem64']), base: hex, size })),
        intx: z.array(spi).length(4).optional(),
      }),
    )
    .default([]),
  iommus: z
    .array(
      z.strictObject({
        ...range,
        type: z.enum(IOMMU_KINDS),
        tlb: z.strictObject({ base: hex, size }).optional(),
        streamGroups: z.int().min(1).max(128).optional(),
        contextBanks: z.int().min(1).max(128).optional(),
        bdf: z.int().min(0).max(0xffff).optional(),
      }),
    )
    .optional(),
  x86: z
    .strictObject({
      ioApics: z.array(
        z.strictObject({
          base: hex,
          pins: z.int().min(1).max(120),
          requester: z.int().min(0).max(0xffff).optional(),
        }),
      ),
      pmTimerPort: z.int().min(0).max(0xfffc),
      hpet: hex.optional(),
    })
    .optional(),
  psci: z.enum(['smc', 'hvc']).optional(),
  kernelArguments: z.string(),
  rootConfig: z.string().min(1),
  cells: z.array(z.string().min(1)),
  inmatesOf: z
    .string()
    .regex(/^[\w.-]+$/, 'expected the name of a board')
    .optional(),
  sources: z.record(z.string(), z.string()),
});

/** board.json after parsing: numbers are numbers, repeated windows not yet unrolled. */
export type BoardFile = z.output<typeof boardSchema>;
