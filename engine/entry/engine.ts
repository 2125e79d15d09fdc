// The engine process: started by the window's main process.
import { loadScript } from './load.ts';

const { engine } = await loadScript('programs');
await engine();
