// The browser shell: the services under plain Node, windows in any browser that can reach loopback (also through a port forwarded by ssh).
import { join } from 'node:path';
import { boardFolder } from '../services/boards.ts';
import { dispatcher } from '../services/dispatcher.ts';
import type { RunManagerOptions } from '../services/runs.ts';
import { createServices, type Caller } from '../services/services.ts';
import { storeFile } from '../store/location.ts';
import { openStore } from '../store/store.ts';
import { childProcessEngine } from './engine.ts';
import { startServer, type BrowserServer } from './server.ts';
import { serveWindow } from './socket.ts';

export interface BrowserShellSetup {
  /** The project's root: holds boards/, engine/ and out/. */
  root: string;
  dataFolder: string;
  /** 0: any free one. */
  port: number;
  /** What an engine process runs. */
  engineEntry: string;
  /** Other than out/renderer and boards/: for tests. */
  pageFolder?: string;
  boards?: string;
  runs?: RunManagerOptions;
}

/** Throws ServiceError if the store or the port cannot be had. */
export async function startBrowserShell(setup: BrowserShellSetup): Promise<BrowserServer> {
  const { root } = setup;
  const store = openStore(storeFile(setup.dataFolder));
  const windows = new Set<ReturnType<typeof serveWindow>>();
  const services = createServices({
    store,
    boards: boardFolder(setup.boards ?? join(root, 'boards')),
    startEngine: childProcessEngine(setup.engineEntry, root),
    broadcast: (notice, except) => {
      for (const window of windows) if ((window as Caller) !== except) window.notify(notice);
    },
    ...(setup.runs === undefined ? {} : { runs: setup.runs }),
  });
  const dispatch = dispatcher(services.handlers);
  try {
    const server = await startServer({
      port: setup.port,
      pageFolder: setup.pageFolder ?? join(root, 'out', 'renderer'),
      onWindow(socket) {
        const window = serveWindow(socket, services, dispatch);
        windows.add(window);
        socket.once('close', () => windows.delete(window));
      },
    });
    return {
      url: server.url,
      close() {
        server.close();
        services.close();
      },
    };
  } catch (error) {
    services.close();
    throw error;
  }
}
