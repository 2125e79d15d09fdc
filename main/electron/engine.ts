// Starts the engine as an Electron utility process; a window's port is a MessagePort that is transferred to it.
import { utilityProcess, type MessagePortMain } from 'electron';
import { describeExit, tail, type StartEngine } from '../services/engine.ts';

/** `entry`: the bundled engine process; `cwd`: the folder that holds boards/. */
export function utilityProcessEngine(entry: string, cwd: string): StartEngine<MessagePortMain> {
  return (events) => {
    const child = utilityProcess.fork(entry, [], {
      cwd,
      stdio: ['ignore', 'inherit', 'pipe'],
      serviceName: 'Cellblock engine',
    });
    let nextPort = 1;
    const errors = tail();
    child.stderr?.on('data', (data: Buffer) => errors.add(data.toString('utf8')));
    child.on('message', (message: unknown) => events.onMessage(message));
    child.on('exit', (code) => {
      // The last reports may still be on their way: they come through the same loop.
      setTimeout(() => events.onExit(describeExit(code, null, errors.text())), LAST_WORDS_MS);
    });
    return {
      post: (message) => child.postMessage(message),
      attach: (port) => child.postMessage({ type: 'port', port: nextPort++ }, [port]),
      kill() {
        // Not child.kill(): that asks with SIGTERM, and an engine that hangs in a loop does not listen.
        if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
      },
    };
  };
}

const LAST_WORDS_MS = 100;
