// The bridge between the window's page and main, and nothing else: `window.cellblock`. Runs sandboxed in an isolated world; what crosses is
// parsed where it arrives, in main and in renderer/bridge.ts.
import { contextBridge, ipcRenderer } from 'electron';
import { PRELOAD_CHANNEL } from '../engine/contract/preload.ts';
import type { PreloadBridge, Reply } from '../engine/contract/services.ts';

const arrivals = new Map<number, (port: MessagePort) => void>();
let nextKey = 0;
ipcRenderer.on(PRELOAD_CHANNEL.port, (event, key: number) => {
  arrivals.get(key)?.(event.ports[0]!);
  arrivals.delete(key);
});

const bridge: PreloadBridge = {
  call: (name, input) => ipcRenderer.invoke(PRELOAD_CHANNEL.call, name, input) as Promise<Reply>,
  onNotice(listener) {
    const forward = (_event: unknown, notice: unknown) => listener(notice);
    ipcRenderer.on(PRELOAD_CHANNEL.notice, forward);
    return () => void ipcRenderer.removeListener(PRELOAD_CHANNEL.notice, forward);
  },
  async attachRun(runId, onMessage) {
    const key = nextKey++;
    const arrival = new Promise<MessagePort>((resolve) => arrivals.set(key, resolve));
    if (!(await ipcRenderer.invoke(PRELOAD_CHANNEL.attach, runId, key))) {
      arrivals.delete(key);
      return null;
    }
    const port = await arrival;
    port.onmessage = (event) => onMessage(event.data);
    return { post: (command) => port.postMessage(command), close: () => port.close() };
  },
};

contextBridge.exposeInMainWorld('cellblock', bridge);
