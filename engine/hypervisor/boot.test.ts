import { describe, expect, it } from 'vitest';
import { ERRNO } from './errno.ts';
import { rootConfig, inmateDemo } from './testing/sample-configs.ts';
import { session } from './testing/session.ts';

describe('enable', () => {
  it('prints the boot console line by line with the figures of a 16-CPU GICv3 board', () => {
    const s = session();
    expect(s.result).toBe(0);
    expect(s.printed()).toEqual([
      '',
      'Initializing Jailhouse hypervisor v0.12 on CPU 0',
      'Code location: 0x0000ffffc0200800',
      'Page pool usage after early setup: mem 87/994, remap 0/131072',
      'Initializing processors:',
      ...Array.from({ length: 16 }, (_, cpu) => ` CPU ${cpu}... OK`),
      'Initializing unit: irqchip',
      'Initializing unit: ARM SMMU v3',
      'Initializing unit: ARM SMMU',
      'Initializing unit: PVU IOMMU',
      'Initializing unit: PCI',
      'Adding virtual PCI device 00:00.0 to cell "qemu-arm64"',
      'Adding virtual PCI device 00:01.0 to cell "qemu-arm64"',
      'Page pool usage after late setup: mem 144/994, remap 528/131072',
      'Activating hypervisor',
    ]);
  });

  it('refuses a CPU set with CPUs that are not online', () => {
    const s = session({ online: [0, 1, 2, 3] });
    expect(s.result).toBe(-ERRNO.EINVAL);
    expect(s.events.at(-1)?.sentence).toContain('CPUs 4-15');
  });

  it('refuses a GIC where the board has none', () => {
    const system = rootConfig();
    if (system.platform.kind === 'arm') system.platform.gicdBase = 0x0900_0000n;
    const s = session({ system });
    expect(s.result).toBe(-ERRNO.ENODEV);
    expect(s.printed().at(-1)).toBe('Initializing unit: irqchip');
    expect(s.events.at(-1)?.sentence).toContain('0x8000000');
  });
});

describe('create, load, start, destroy', () => {
  it('prints the lines of the reference in order', () => {
    const s = session();
    s.printed();
    expect(s.create(inmateDemo())).toBe(0);
    expect(s.printed()).toEqual([
      'Adding virtual PCI device 00:00.0 to cell "inmate-demo"',
      'Shared memory connection established, peer cells:',
      ' "qemu-arm64"',
      'Created cell "inmate-demo"',
      expect.stringMatching(/^Page pool usage after cell creation: mem 15\d\/994, remap 528\/131072$/),
    ]);
    expect(s.load(1)).toBe(0);
    expect(s.printed()).toEqual(['Cell "inmate-demo" can be loaded']);
    expect(s.load(1)).toBe(0);
    expect(s.printed()).toEqual([]);
    expect(s.start(1)).toBe(0);
    expect(s.printed()).toEqual(['Started cell "inmate-demo"']);
    expect(s.destroy(1)).toBe(0);
    expect(s.printed()).toEqual([
      'Closing cell "inmate-demo"',
      'Page pool usage after cell destruction: mem 144/994, remap 528/131072',
    ]);
    for (let cpu = 0; cpu < 16; cpu++) expect(s.call(0, 0, 0, cpu)).toBe(0);
    expect(s.printed()).toEqual([
      'Shutting down hypervisor',
      ...Array.from({ length: 16 }, (_, cpu) => ` Releasing CPU ${cpu}`),
    ]);
  });
});
