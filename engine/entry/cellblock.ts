// The command line's process.
import { loadScript } from './load.ts';

const { cellblock } = await loadScript('programs');
process.exitCode = await cellblock(process.argv.slice(2));
