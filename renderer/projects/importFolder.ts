// From the files of a folder to a project of main's: made from the board, then given these files in place of the board's own.
import type { Bridge, Project, ProjectChange } from '../../engine/contract/index.ts';
import { binaryFile, textFile } from '../state/files.ts';
import type { WorkingFile } from '../state/files.ts';
import type { SurveyedFile } from './folder.ts';

export const workingFile = ({ path, kind, text, bytes }: SurveyedFile): WorkingFile =>
  text === undefined ? binaryFile(path, kind, bytes) : textFile(path, kind, text);

const put = ({ path, kind, text, bytes }: SurveyedFile): ProjectChange =>
  text === undefined ? { type: 'putImage', path, bytes } : { type: 'put', path, kind, text };

/** The board's images stay, so that its inmates are at hand; its configurations and script give way. */
export async function projectFrom(
  bridge: Bridge,
  name: string,
  board: string,
  files: readonly SurveyedFile[],
): Promise<Project> {
  const project = await bridge.call('projects.create', { name, board });
  const given = new Set(files.map(({ path }) => path));
  const changes: ProjectChange[] = [
    { type: 'script', path: null },
    ...project.files
      .filter(({ path, kind }) => kind !== 'image' || given.has(path))
      .map(({ path }): ProjectChange => ({ type: 'remove', path })),
    ...files.map(put),
  ];
  return bridge.call('projects.save', { id: project.id, revision: project.revision, changes });
}
