// IOMMUs of 64-bit Arm boards: which units are accepted, and whose each stream is.
import { describe, expect, test } from 'vitest';
import type { BoardIommu } from '../../../board/index.ts';
import { IOMMU_TYPE, type SystemConfig } from '../../../config/index.ts';
import { pa } from '../../../util/units.ts';
import { ERRNO } from '../../errno.ts';
import { fakeMachine } from '../../testing/fake-machine.ts';
import { plainCell, rootConfig } from '../../testing/sample-configs.ts';
import { session } from '../../testing/session.ts';

const SMMU: BoardIommu = {
  name: 'smmu',
  type: 'MMU-500',
  base: pa(0x0d80_0000),
  size: 0x2_0000,
  streamGroups: 48,
  contextBanks: 16,
};
const RAM = 0x7fa0_0000;

/** The board with these units, under a configuration that names an MMU-500 and these streams of the root. */
function on(
  iommus: BoardIommu[],
  { type = IOMMU_TYPE.ARM_MMU500 as number, base = 0x0d80_0000n, streamIds = [] as number[] } = {},
) {
  const board = { ...fakeMachine().board, iommus };
  const plain = rootConfig();
  const system: SystemConfig = {
    ...plain,
    iommuUnits: plain.iommuUnits.map((unit, n) => (n === 0 ? { ...unit, type, base, size: 0x2_0000 } : unit)),
    rootCell: { ...plain.rootCell, streamIds },
  };
  return session({ machine: fakeMachine(board), system });
}

describe('units', () => {
  test('of the board are accepted and described', () => {
    const s = on([SMMU], { streamIds: [0x870] });
    expect(s.result).toBe(0);
    expect(s.printed()).toEqual(
      expect.arrayContaining([
        'Initializing unit: ARM SMMU',
        'ARM MMU500 at 0xd800000 with:',
        ' stream matching with 48 SMR groups',
        ' 16 context banks (0 stage-2 only)',
        expect.stringMatching(/^Assigning SID 0x870, Mask 0x0 to cell "/),
      ]),
    );
  });

  test.each<[string, BoardIommu[], { type?: number; base?: bigint }]>([
    ['on a board without', [], {}],
    ['at another address', [SMMU], { base: 0x0e00_0000n }],
    ['of another kind', [SMMU], { type: IOMMU_TYPE.SMMUV3 }],
  ])('%s are refused with what there is', (_where, iommus, change) => {
    const s = on(iommus, change);
    expect(s.result).toBe(-ERRNO.ENODEV);
    const refusal = s.events.find(({ sentence }) => sentence.includes('IOMMU unit 0'));
    expect(refusal?.sentence).toContain(iommus.length > 0 ? 'it has MMU-500 at 0xd800000' : 'it has none');
  });
});

describe('streams', () => {
  const cell = (name: string, cpu: number, streamIds: number[]) =>
    plainCell(name, [cpu], RAM + cpu * 0x1_0000, { streamIds });

  test('go to the cell that names them and back to the root', () => {
    const s = on([SMMU], { streamIds: [0x870, 0x871] });
    s.printed();
    expect(s.create(cell('first', 1, [0x870]))).toBe(0);
    expect(s.printed()).toContain('Assigning SID 0x870, Mask 0x0 to cell "first"');
    expect(s.destroy(1)).toBe(0);
    const root = s.hv.rootCell.name;
    expect(s.printed()).toContain(`Assigning SID 0x870, Mask 0x0 to cell "${root}"`);
  });

  test('that meet others under a mask are refused, and nothing of the cell stays', () => {
    const s = on([SMMU], { streamIds: [0x870] });
    expect(s.create(cell('wide', 1, [0x900, 0x000f_0870]))).toBe(-ERRNO.EINVAL);
    expect(s.events.at(-1)?.sentence).toContain('Stream id 0x870 (mask 0xf) of wide');
    // What it had been given before is free again.
    expect(s.create(cell('other', 2, [0x900]))).toBe(0);
  });

  test('without an MMU-500 mean nothing here', () => {
    const s = session();
    s.printed();
    expect(s.create(cell('first', 1, [0x870]))).toBe(0);
    expect(s.printed().join()).not.toContain('SID');
  });
});
