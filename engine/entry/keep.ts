// What a build ends with: has the built scripts do what they are for, and keeps what V8 has compiled of them then. Started
// with the options of V8 that the programs will have. Arguments: BOARD SCRIPT, which are run, BARE_SCRIPT for the same board
// with an image as its kernel, and IMAGES of guest code.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { BuiltScript } from './load.ts';

const [board, script, bareScript, ...images] = process.argv.slice(2);
const programs = new BuiltScript('programs');
const translation = new BuiltScript('translation');
const system = ['--kernel', images[0]!, '--initrd', images[0]!, '--append', 'quiet'];
for (const args of [
  ['run', board!, script!],
  ['run', board!, bareScript!, ...system],
]) {
  const status = await programs.exports.cellblock(args);
  if (status !== 0) throw new Error(`cellblock ${args.join(' ')} ended with ${status}.`);
}
await translation.exports.practise(images.map((image) => readFileSync(image)));
// The engine has set it (cpu/region/cache.ts), and what is kept would be good for no process that starts without.
setFlagsFromString('--no-experimental-wasm-branch-hinting');
programs.keep();
translation.keep();
