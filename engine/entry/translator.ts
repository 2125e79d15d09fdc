// The translator's thread.
import { loadScript } from './load.ts';

const { translator } = await loadScript('translation');
await translator();
