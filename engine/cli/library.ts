// Where the command line finds boards: the `boards` folder of this checkout.
import { fileURLToPath } from 'node:url';
import { BoardLibrary } from '../service/library.ts';

export const boardLibrary = (): BoardLibrary =>
  new BoardLibrary(fileURLToPath(new URL('../../boards', import.meta.url)));
