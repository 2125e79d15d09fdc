// `npm run build`: builds out/ and notes from which sources. With --if-changed only where it is not theirs already.
import { isBuilt } from './sources.mjs';
import { build } from './setup.mjs';
import { lastLines, say } from './terminal.mjs';

if (!process.argv.includes('--if-changed') || !isBuilt()) {
  const { code, output } = await build();
  if (code !== 0) say(`${lastLines(output, 40)}\nThe build failed.`);
  process.exitCode = code === 0 ? 0 : 1;
}
