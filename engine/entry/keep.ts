// What a build ends with: has the built scripts do what they are for, and keeps what V8 has compiled of them then. Started
// with the options of V8 that the programs will have. Arguments: BOARD SCRIPT, which are run, and IMAGES of guest code.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { BuiltScript } from './load.ts';

const [board, script, ...images] = process.argv.slice(2);
const programs = new BuiltScript('programs');
const translation = new BuiltScript('translation');
const status = await programs.exports.cellblock(['run', board!, script!]);
if (status !== 0) throw new Error(`cellblock run ${board} ${script} ended with ${status}.`);
await translation.exports.practise(images.map((image) => readFileSync(image)));
// The engine has set it (cpu/region/cache.ts), and what is kept would be good for no process that starts without.
setFlagsFromString('--no-experimental-wasm-branch-hinting');
programs.keep();
translation.keep();
