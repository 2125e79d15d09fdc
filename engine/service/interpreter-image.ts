// The interpreter's image as files beside the built engine: where they are, and that they are used. An engine that runs from
// source has none.
import { existsSync, readFileSync } from 'node:fs';
import type { ImagePart } from '../cpu/index.ts';
import { useInterpreterImage } from '../cpu/index.ts';

/** Name of a part's file in the folder that the built engine lies in. */
export const imageFile = (part: ImagePart): string => `interpreter/${part}.wasm`;

const place = (part: ImagePart): URL => new URL(imageFile(part), import.meta.url);

if (existsSync(place('regions'))) useInterpreterImage((part) => new Uint8Array(readFileSync(place(part))));
