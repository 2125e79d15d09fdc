// What a project may hold: the bounds of every way in (saves, imports, board folders), and the rule for paths.
import { MiB } from '../../engine/util/units.ts';
import { ServiceError } from '../../engine/contract/index.ts';

export const MAX_NAME_LENGTH = 200;
export const MAX_PATH_LENGTH = 255;
export const MAX_FILES = 2000;
export const MAX_TEXT_BYTES = 16 * MiB;
export const MAX_IMAGE_BYTES = 128 * MiB;
export const MAX_PROJECT_BYTES = 256 * MiB;
export const MAX_LAYOUT_BYTES = 1 * MiB;
/** Console bytes kept of one run; a run that prints more goes on unrecorded, and says so. */
export const MAX_RECORD_BYTES = 256 * MiB;

const invalid = (message: string) => new ServiceError('invalid', message);
const inMiB = (bytes: number) => `${(bytes / MiB).toFixed(bytes < 10 * MiB ? 1 : 0)} MiB`;

/** The name as it is kept: without space at its ends. */
export function checkedName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw invalid('A project needs a name.');
  if (trimmed.length > MAX_NAME_LENGTH)
    throw invalid(`The name is ${trimmed.length} characters long; ${MAX_NAME_LENGTH} is the most.`);

  if (/[\u0000-\u001f\u007f]/.test(trimmed) || !trimmed.isWellFormed())
    throw invalid('The name contains control characters; use printable ones.');
  return trimmed;
}

/** A file's path within its project: relative, `/` between parts, no part empty, `.` or `..`. */
export function checkPath(path: string): void {
  const refuse = (why: string) =>
    invalid(`${JSON.stringify(path.slice(0, 100))} cannot be a path in a project: ${why}.`);
  if (path === '') throw refuse('it is empty');
  if (path.length > MAX_PATH_LENGTH)
    throw refuse(`it is ${path.length} characters long; ${MAX_PATH_LENGTH} is the most`);

  if (/[\u0000-\u001f\u007f\\]/.test(path) || !path.isWellFormed())
    throw refuse('it contains a control character or a backslash');
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw refuse('it must be relative, with no part that is empty, "." or ".."');
}

export function checkText(path: string, text: string): Uint8Array {
  if (!text.isWellFormed())
    throw invalid(`${path} contains half a character (a lone surrogate); it could not be kept exactly.`);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_TEXT_BYTES)
    throw invalid(`${path} has ${inMiB(bytes.length)}; a text may have ${inMiB(MAX_TEXT_BYTES)}.`);
  return bytes;
}

export function checkImage(path: string, bytes: Uint8Array): void {
  if (bytes.length > MAX_IMAGE_BYTES)
    throw invalid(`${path} has ${inMiB(bytes.length)}; an image may have ${inMiB(MAX_IMAGE_BYTES)}.`);
}

export function checkLayout(layout: Readonly<Record<string, unknown>>): string {
  let text: string;
  try {
    text = JSON.stringify(layout);
  } catch {
    throw invalid('The window layout is nested too deeply to be kept.');
  }
  if (text.length > MAX_LAYOUT_BYTES) throw invalid('The window layout is too large to be kept.');
  return text;
}

export function checkTotal(name: string, files: readonly { size: number }[]): void {
  if (files.length > MAX_FILES)
    throw invalid(`"${name}" would have ${files.length} files; ${MAX_FILES} is the most. Remove some.`);
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > MAX_PROJECT_BYTES)
    throw invalid(`"${name}" would have ${inMiB(total)}; ${inMiB(MAX_PROJECT_BYTES)} is the most. Remove some images.`);
}
