// With how many CPUs of its board a project boots: all, or the first few. Remembered with the project.
import type { OpenProject } from '../state/project.svelte.ts';

/** Undefined: all of them. */
export function bootCpus(project: OpenProject): number | undefined {
  const kept = project.layout['boot.cpus'];
  const all = project.board?.cpus.length ?? 0;
  return typeof kept === 'number' && Number.isInteger(kept) && kept > 0 && kept < all ? kept : undefined;
}

export const setBootCpus = (project: OpenProject, cpus: number | undefined): void =>
  project.remember('boot.cpus', cpus ?? null);

/** What is offered: all, and powers of two below. */
export function cpuChoices(all: number): number[] {
  const choices = [all];
  for (let n = 2 ** Math.floor(Math.log2(Math.max(1, all - 1))); n >= 1 && n < all; n /= 2) choices.push(n);
  return choices;
}
