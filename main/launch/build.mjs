// `npm run build`: builds out/ and notes from which sources. With --if-changed only where it is not theirs already.
import { ensureBuild } from './setup.mjs';
import { endWith } from './terminal.mjs';

try {
  await ensureBuild(!process.argv.includes('--if-changed'));
} catch (error) {
  endWith(error);
}
