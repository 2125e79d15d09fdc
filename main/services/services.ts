// The services of engine/contract/services.ts over the store, the boards and the running runs. Shells carry them; they do not know which.
import {
  ServiceError,
  type Download,
  type MainNotice,
  type RunFile,
  type ServiceInput,
  type ServiceName,
  type ServiceOutput,
} from '../../engine/contract/index.ts';
import { decodeProjectFile, encodeProjectFile } from '../store/projectFile.ts';
import type { NewFile } from '../store/projects.ts';
import type { Store } from '../store/store.ts';
import type { Boards } from './boards.ts';
import { compareStored, type StoredRun } from './compare.ts';
import type { StartEngine } from './engine.ts';
import { RunManager, type RunManagerOptions } from './runs.ts';

/** The window that makes a call. */
export interface Caller {
  /** Asks the person where to save and saves. False: cancelled. */
  saveFiles(files: readonly Download[], title: string): Promise<boolean>;
}

/** Tells every window, or every window but the one whose call caused it. */
export type Broadcast = (notice: MainNotice, except?: Caller) => void;

export type Handlers = {
  [N in ServiceName]: (input: ServiceInput<N>, caller: Caller) => ServiceOutput<N> | Promise<ServiceOutput<N>>;
};

export interface ServicesSetup<Port> {
  store: Store;
  boards: Boards;
  startEngine: StartEngine<Port>;
  broadcast: Broadcast;
  runs?: RunManagerOptions;
}

export interface ServiceSet<Port> {
  readonly handlers: Handlers;
  /** Gives a window's port to the engine of a run. False: the run is not running any more. */
  attach(runId: string, port: Port): boolean;
  /** Ends every run and closes the store. */
  close(): void;
}

export function createServices<Port>({
  store,
  boards,
  startEngine,
  broadcast,
  runs: options,
}: ServicesSetup<Port>): ServiceSet<Port> {
  const { projects, settings } = store;
  const runs = new RunManager(store, startEngine, broadcast, options);

  const handlers: Handlers = {
    'boards.list': () => boards.list(),
    'projects.list': () => projects.list(),
    'projects.create': ({ name, board }) => projects.create({ name, ...boards.template(board) }),
    'projects.open': ({ id }) => projects.open(id),
    'projects.duplicate': ({ id, name }) => projects.duplicate(id, name),
    'projects.remove': ({ id }) => projects.remove(id),
    'projects.restore': ({ id }) => projects.restore(id),
    'projects.save': ({ id, revision, changes }, caller) => {
      const { project, content } = projects.save(id, revision, changes);
      if (content) broadcast({ type: 'projectChanged', id, revision: project.revision }, caller);
      return project;
    },
    'projects.bytes': ({ id, path }) => projects.bytes(id, path),
    'projects.export': ({ id }) => {
      const { name, board, script, layout } = projects.open(id);
      return {
        name: `${fileName(name)}.cellblock`,
        bytes: encodeProjectFile({ name, board, script, layout, files: projects.files(id) }),
      };
    },
    'projects.import': ({ bytes }) => {
      const project = decodeProjectFile(bytes);
      if (!boards.has(project.board))
        throw new ServiceError(
          'invalid',
          `"${project.name}" is for the board ${project.board}, which is not known here. Put that board's folder beside the others and import it again.`,
        );
      return projects.create(project);
    },
    'runs.list': ({ projectId }) => runs.list(projectId),
    'runs.start': ({ projectId, script, system, cpus, pace }) => {
      const project = projects.open(projectId);
      const text = project.files.find((file) => file.path === project.script)?.text;
      if (script && text === undefined)
        throw new ServiceError(
          'invalid',
          `"${project.name}" has no boot script. Choose one of its files as the boot script, or boot without.`,
        );
      if (script && system)
        throw new ServiceError('invalid', 'A boot script is for the root shell, which a system of its own replaces.');
      return runs.start({
        projectId,
        board: project.board,
        files: runFiles(projects.files(projectId)),
        script: script ? text! : null,
        system,
        cpus,
        pace,
      });
    },
    'runs.open': ({ id }) => runs.open(id),
    'runs.console': ({ id, console }) => runs.console(id, console),
    'runs.compare': ({ a, b }) => {
      const [first, second] = [a, b].map((id) => {
        const record = runs.open(id);
        const project = projects.open(record.projectId);
        return { record, board: project.board, console: (name: string) => runs.console(id, name) };
      }) as [StoredRun, StoredRun];
      return compareStored(first, second);
    },
    'runs.remove': ({ id }) => runs.remove(id),
    'runs.kill': ({ id }) => runs.kill(id),
    'settings.get': () => settings.get(),
    'settings.set': (value) => settings.set(value),
    'files.save': ({ files, title }, caller) => caller.saveFiles(files, title),
  };
  return {
    handlers,
    attach: (runId, port) => runs.attach(runId, port),
    close: () => {
      runs.close();
      store.close();
    },
  };
}

/** The files as the root shell will see them; the engine makes `.cell` files of sources itself. */
const runFiles = (files: readonly NewFile[]): RunFile[] =>
  files.map((file) => ({ path: file.path, bytes: 'text' in file ? new TextEncoder().encode(file.text) : file.bytes }));

/** A project's name as every file system takes it. */
const fileName = (name: string): string =>
  name
    .replace(/[^\p{L}\p{N} ._-]/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 100) || 'project';
