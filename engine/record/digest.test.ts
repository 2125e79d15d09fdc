import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { guestNs, instructions } from '../util/units.ts';
import { RunDigest } from './digest.ts';

test('is the hash of what was written in its order, however it was gathered', () => {
  const digest = new RunDigest();
  const plain = createHash('sha256');
  const text = (line: string) => plain.update(`${line}\n`);
  const write = (bytes: Uint8Array, at: number) => {
    digest.output({ name: 'uart0', kind: 'uart' }, bytes, { guestNs: guestNs(at), instructions: instructions(2 * at) });
    text(`console uart0 ${at} ${2 * at} ${bytes.length}`);
    plain.update(bytes);
  };
  const event = { guestNs: 7, instructions: 8, severity: 'info', kind: 'test', sentence: 'ä'.repeat(50_000) } as const;
  for (let at = 0; at < 5000; at++) write(Uint8Array.of(at & 0xff), at);
  digest.event(event);
  text(`event test 7 8 ${event.sentence}`);
  write(new Uint8Array(200_000).fill(3), 9);
  const state = { stamp: { guestNs: guestNs(1), instructions: instructions(2) }, cpus: [], pages: [], counters: {} };
  const end = plain.copy();
  end.update('end 1 2\n');
  expect(digest.snapshot(state)).toBe(end.digest('hex'));

  // It goes on from where it was.
  write(Uint8Array.of(1), 10);
  text('end 1 2');
  expect(digest.snapshot(state)).toBe(plain.digest('hex'));
});
