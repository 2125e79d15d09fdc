import { describe, expect, it } from 'vitest';
import { sysfsRows } from './sysfs.ts';

const files = {
  enabled: '1\n',
  'cells/0/name': 'qemu-arm64\n',
  'cells/10/name': 'tenth\n',
  'cells/2/name': 'linux-demo\n',
  'cells/2/state': 'running\n',
  'cells/2/statistics/vmexits_total': '5\n',
  'cells/2/statistics/cpu2/vmexits_total': '5\n',
};

describe('the sysfs tree', () => {
  it('lists files before folders and cells by number', () => {
    const rows = sysfsRows(files, new Set());
    expect(rows.map((row) => row.path)).toEqual([
      'enabled',
      'cells',
      'cells/0',
      'cells/0/name',
      'cells/2',
      'cells/2/name',
      'cells/2/state',
      'cells/2/statistics',
      'cells/10',
      'cells/10/name',
    ]);
    expect(rows[0]).toMatchObject({ content: '1', depth: 0 });
    expect(rows[4]).toMatchObject({ note: 'linux-demo', open: true, depth: 1 });
  });

  it('opens and closes folders', () => {
    const opened = sysfsRows(files, new Set(['cells/2/statistics', 'cells/0', 'cells/10']));
    expect(opened.map((row) => row.path)).toContain('cells/2/statistics/vmexits_total');
    expect(opened.map((row) => row.path)).not.toContain('cells/0/name');
    expect(opened.find((row) => row.path.endsWith('cpu2'))).toMatchObject({ open: false });
  });

  it('survives paths that contradict each other', () => {
    expect(sysfsRows({ a: '1', 'a/b': '2', '': '3', '/': '4' }, new Set()).length).toBe(2);
  });
});
