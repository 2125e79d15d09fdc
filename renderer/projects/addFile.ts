// A file from the person's disk becomes one of the project's.
import { decode, ConfigError } from '../../engine/config/index.ts';
import { binaryFile, freePath, textFile } from '../state/files.ts';
import type { OpenProject } from '../state/project.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import { chooseFile } from '../ui/chooseFile.ts';
import { fileKindOf } from './fileKind.ts';

/** Lets the person choose a file and adds it. Its path in the project; undefined: none was chosen. */
export async function addFile(workbench: Workbench, project: OpenProject): Promise<string | undefined> {
  const chosen = await chooseFile('');
  if (!chosen) return undefined;
  const { kind, text } = fileKindOf(chosen.name, chosen.bytes);
  if (kind === 'cell' && text === undefined) {
    const read = decode(chosen.bytes, undefined, chosen.name);
    if (read instanceof ConfigError) workbench.notices.show('warning', read.message);
  }
  const path = freePath(project.files, chosen.name);
  project.apply(`Add ${path}`, [
    { path, file: text === undefined ? binaryFile(path, kind, chosen.bytes) : textFile(path, kind, text) },
  ]);
  return path;
}
