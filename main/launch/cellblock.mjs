// `npm run cellblock`: the command line as it was built, which starts in half the time; from source where it was changed since,
// or never built.
import { isEngineBuilt } from './sources.mjs';

await import(isEngineBuilt() ? '../../out/main/cellblock.js' : '../../engine/cli/main.ts');
