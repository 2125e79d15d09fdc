import { expect, it } from 'vitest';
import { cpuChoices } from './bootCpus.ts';

it('offers all CPUs and powers of two below', () => {
  expect(cpuChoices(16)).toEqual([16, 8, 4, 2, 1]);
  expect(cpuChoices(6)).toEqual([6, 4, 2, 1]);
  expect(cpuChoices(1)).toEqual([1]);
});
