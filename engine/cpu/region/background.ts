// Translation beside the engine's thread: what is asked, what is answered, and a translator that answers. Requests carry
// copies of the code; whoever asked sees to it that the code is still the same when the answer comes.
import { setFlagsFromString } from 'node:v8';
import type { Feature } from '../aarch64/table/instruction.ts';
import { RECORDS_PER_PAGE } from '../core/layout.ts';
import type { CodePage } from './blocks.ts';
import type { Assignment, Translation } from './translate.ts';
import { translateRegions } from './translate.ts';

/** A code page as it was. */
export interface PageCopy {
  readonly words: Uint32Array;
  /** A bit for each word, lowest first: the interpreter had come near it. */
  readonly decoded: Uint8Array;
  /** As CodePage.arrivals. */
  readonly arrivals: readonly number[];
}

export interface TranslationRequest {
  readonly number: number;
  readonly features: ReadonlySet<Feature>;
  readonly pages: readonly PageCopy[];
  /** `copy`: which of the pages. */
  readonly regions: readonly { readonly assignment: Assignment; readonly copy: number }[];
}

export interface TranslationAnswer {
  /** The request's. */
  readonly number: number;
  /** Undefined: this host cannot compile regions. */
  readonly translation: Translation | undefined;
  /** Host milliseconds that it took. */
  readonly milliseconds: number;
}

/** Answers come in any order and after any time. */
export interface BackgroundTranslator {
  /** Set when it has ended; nothing is answered any more. */
  readonly failed: boolean;
  send(request: TranslationRequest): void;
  /** An answer that is there, without waiting for one. */
  take(): TranslationAnswer | undefined;
}

export function answerRequest(request: TranslationRequest, clock: () => number): TranslationAnswer {
  const started = clock();
  const { number, features } = request;
  const codes = request.pages.map((page) => codeOf(page, features));
  let translation: Translation | undefined;
  try {
    const assignments = request.regions.map(({ assignment, copy }) => ({ assignment, code: codes[copy]! }));
    translation = translateRegions(assignments, compileWhole);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  return { number, translation, milliseconds: clock() - started };
}

/**
 * Compiles all functions of a module now: V8 otherwise compiles a function when it is first called, on the thread that runs
 * guest code. Versions from 14 on are not asked: an unknown flag is an error message to the user.
 */
function compileWhole(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (Number.parseInt(process.versions.v8) >= 14) return new WebAssembly.Module(bytes);
  setFlagsFromString('--no-wasm-lazy-compilation');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--wasm-lazy-compilation');
  }
}

/** A host without tail calls, or out of memory for code: the interpreter goes on alone. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof WebAssembly.CompileError || error instanceof RangeError;

const codeOf = ({ words, decoded, arrivals }: PageCopy, features: ReadonlySet<Feature>): CodePage => ({
  features,
  word: (offset) => words[offset >> 2]!,
  decoded: (offset) => ((decoded[offset >> 5]! >> ((offset >> 2) & 7)) & 1) !== 0,
  arrivals,
});

/** Copies a page of code at a host offset, and what else is known of it. */
export function copyPage(
  memory: ArrayBuffer,
  host: number,
  known: { decoded(offset: number): boolean; arrivals: Iterable<number> },
): PageCopy {
  const decoded = new Uint8Array(RECORDS_PER_PAGE / 8);
  for (let word = 0; word < RECORDS_PER_PAGE; word++)
    if (known.decoded(4 * word)) decoded[word >> 3]! |= 1 << (word & 7);
  return { words: new Uint32Array(memory, host, RECORDS_PER_PAGE).slice(), decoded, arrivals: [...known.arrivals] };
}
