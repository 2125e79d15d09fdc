// The interpreter's image: all WebAssembly that it is made of, emitted when the engine is built. An engine without one, as
// when it runs from source, emits what it needs itself, each outlined function when it is first called.
import { usesFp } from '../aarch64/table/instruction.ts';
import type { Cube } from '../aarch64/table/pattern.ts';
import { conditionCube, wordOutside } from '../aarch64/table/pattern.ts';
import { emitFloatModule } from '../float/module.ts';
import { emitOutlinedTable } from './functions.ts';
import type { Form } from './handlers.ts';
import { HANDLER_COUNT, partsOf } from './handlers.ts';
import { USUAL_THRESHOLD } from './loop.ts';
import { emitInterpreter } from './module.ts';

/** The main module beside regions and alone, the outlined functions without and with SIMD and FP, the float services. */
export const IMAGE_PARTS = ['regions', 'alone', 'general', 'vector', 'float'] as const;
export type ImagePart = (typeof IMAGE_PARTS)[number];

export function emitPart(part: ImagePart): Uint8Array<ArrayBuffer> {
  switch (part) {
    case 'regions':
      return emitInterpreter(USUAL_THRESHOLD);
    case 'alone':
      return emitInterpreter(0);
    case 'general':
    case 'vector':
      return emitOutlinedTable(handlersByForm(part));
    case 'float':
      return emitFloatModule();
  }
}

export type OutlinedPart = Extract<ImagePart, 'general' | 'vector'>;

/** The part that has a form's outlined function. */
export const outlinedPart = ({ instruction }: Form): OutlinedPart => (usesFp(instruction) ? 'vector' : 'general');

/** The forms of a part that there are words for, with the handlers that execute them first. */
function handlersByForm(part: OutlinedPart): Map<Form, number[]> {
  const forms = new Map<Form, number[]>();
  for (let handler = 0; handler < HANDLER_COUNT; handler++) {
    const form = partsOf(handler)?.[0];
    if (!form || outlinedPart(form) !== part || !isAllocated(form)) continue;
    const handlers = forms.get(form);
    if (handlers) handlers.push(handler);
    else forms.set(form, [handler]);
  }
  return forms;
}

/** Whether there are words of a form: `except` takes out all of some. */
function isAllocated({ instruction: { pattern, except, statics }, statics: values }: Form): boolean {
  const fields = statics.filter((item) => typeof item === 'string');
  const condition = fields.map((name) => [name, bits(values[name]!, pattern.fields.get(name)!.width)]);
  const cube: Cube = conditionCube(pattern, Object.fromEntries(condition) as Record<string, string>);
  return (
    wordOutside(
      cube,
      except.map((hole) => conditionCube(pattern, hole)),
    ) !== undefined
  );
}

const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');
