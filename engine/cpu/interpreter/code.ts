// The interpreter's WebAssembly modules, which all machines of a process share: from an image (image.ts) where there is one,
// else emitted when they are first needed; outlined functions then are a module each.
import { emitOutlined, OUTLINED_NAME } from './functions.ts';
import { firstForm } from './handlers.ts';
import type { ImagePart, OutlinedPart } from './image.ts';
import { emitPart, outlinedPart } from './image.ts';
import { USUAL_THRESHOLD } from './loop.ts';
import { emitInterpreter } from './module.ts';

/** What outlined functions import; `float` may be a getter, asked only by those that need it. */
export interface OutlinedImports {
  readonly engine: { readonly memory: WebAssembly.Memory; readonly handlers: WebAssembly.Table };
  readonly services: WebAssembly.Exports;
  readonly float: WebAssembly.Exports;
}

/** Bytes of an image's parts. */
export type InterpreterImage = (part: ImagePart) => Uint8Array<ArrayBuffer>;

let image: InterpreterImage | undefined;
/** Modules of the image's parts, with or without one. */
const parts = new Map<ImagePart, WebAssembly.Module>();
/** Main modules for other thresholds than the usual one. */
const unusual = new Map<number, WebAssembly.Module>();
/** Modules of single outlined functions, by the form's handler. */
const outlined = new Map<number, WebAssembly.Module>();

/** Has the machines made from now on take their code from an image. It must be one of this engine's. */
export function useInterpreterImage(source: InterpreterImage | undefined): void {
  image = source;
  parts.clear();
}

function cached<Key>(modules: Map<Key, WebAssembly.Module>, key: Key, bytes: () => Uint8Array<ArrayBuffer>) {
  let module = modules.get(key);
  if (!module) {
    module = new WebAssembly.Module(bytes());
    modules.set(key, module);
  }
  return module;
}

const partModule = (part: ImagePart): WebAssembly.Module => cached(parts, part, () => image?.(part) ?? emitPart(part));

/** The main module; `hot` as in loop.ts. */
export function mainModule(hot: number): WebAssembly.Module {
  if (hot === 0) return partModule('alone');
  if (hot === USUAL_THRESHOLD) return partModule('regions');
  return cached(unusual, hot, () => emitInterpreter(hot));
}

/** The floating-point services over a memory. */
export const floatServices = (memory: WebAssembly.Memory): WebAssembly.Exports =>
  new WebAssembly.Instance(partModule('float'), { engine: { memory } }).exports;

/** What comes into the table together with a handler's outlined function: that part of the image, or the handler alone. */
export const outlinedUnit = (handler: number): OutlinedPart | number =>
  image ? outlinedPart(firstForm(handler)) : handler;

/** Why an image cannot be gone on with that has no function for a handler. */
export const missingFunction = (handler: number): string =>
  `The interpreter's image has nothing for "${firstForm(handler).instruction.name}": it is another engine's. Build again.`;

/**
 * Puts the outlined functions of a unit into the table (for a fused handler that of its first instruction), bound to what
 * they import: the exports of the main instance and of the float services.
 */
export function putOutlined(unit: OutlinedPart | number, imports: OutlinedImports): void {
  const imported = imports as unknown as WebAssembly.Imports;
  if (typeof unit === 'string') {
    new WebAssembly.Instance(partModule(unit), imported);
    return;
  }
  const form = firstForm(unit);
  const module = cached(outlined, form.handler, () => emitOutlined(form));
  const { exports } = new WebAssembly.Instance(module, imported);
  imports.engine.handlers.set(unit, exports[OUTLINED_NAME] as CallableFunction);
}
