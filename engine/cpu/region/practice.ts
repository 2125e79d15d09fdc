// Translating for practice: a translator that has done this has had compiled what the next one needs (entry/keep.ts).
import { cpuModel } from '../aarch64/system/models.ts';
import { RECORDS_PER_PAGE } from '../core/layout.ts';
import { PAGE_SIZE } from '../../util/units.ts';
import type { PageCopy } from './background.ts';
import { answerRequest } from './background.ts';

/** Regions in a request, and bytes between their entries. */
const REGIONS = 8;
const APART = PAGE_SIZE / 2 / REGIONS;

/** Translates an image of code as if a guest had run all of it. */
export function practise(image: Uint8Array): void {
  const features = new Set(cpuModel('cortex-a57').features);
  for (let start = 0; start < image.length; start += PAGE_SIZE / 2) {
    const page = pageOf(image.subarray(start, start + PAGE_SIZE));
    const regions = page.arrivals.map((entry, slot) => ({
      assignment: { slot, page: 0, records: 0, entry, ranged: slot % 2 === 1 },
      copy: 0,
    }));
    answerRequest({ number: 0, features, pages: [page], regions }, () => 0);
  }
}

function pageOf(bytes: Uint8Array): PageCopy {
  const words = new Uint32Array(RECORDS_PER_PAGE);
  new Uint8Array(words.buffer).set(bytes);
  return {
    words,
    decoded: new Uint8Array(RECORDS_PER_PAGE / 8).fill(0xff),
    arrivals: Array.from({ length: REGIONS }, (_, i) => i * APART),
  };
}
