// `npm run cellblock`: the command line as it was built, which starts in half the time; from source where it was changed since,
// or never built.
import { isNewEnough, NODE } from './node.mjs';
import { isEngineBuilt } from './sources.mjs';

// npm puts such a Node in front of the system's; whoever starts this file does not.
if (!isNewEnough()) {
  process.stderr.write(
    `cellblock: this is Node ${process.versions.node}, and it takes ${NODE} or newer. ` +
      '"npm run -s cellblock -- COMMAND" uses the one that comes with the packages.\n',
  );
  process.exitCode = 2;
} else await import(isEngineBuilt() ? '../../out/main/cellblock.js' : '../../engine/entry/cellblock.ts');
