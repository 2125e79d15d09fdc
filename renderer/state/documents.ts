// Configuration files of the project as the window reads them: text or bytes in, model or reasons out. A file is parsed once
// for each content; edits go back through engine/config so that a source keeps everything that was not edited.
import { cellOf, ConfigError, decode, encode } from '../../engine/config/index.ts';
import type { Config } from '../../engine/config/index.ts';
import { binaryFile } from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

export interface ConfigDocument {
  readonly path: string;
  readonly file: WorkingFile;
  /** Undefined when the file cannot be read; `error` then says why. */
  readonly config: Config | undefined;
  readonly error: ConfigError | undefined;
}

const parsed = new WeakMap<WorkingFile, ConfigDocument>();

/** Reads a system or cell configuration. Binary files must have been fetched: without bytes they count as unreadable. */
export function readDocument(file: WorkingFile, files: WorkingFiles): ConfigDocument {
  void files;
  let document = parsed.get(file);
  if (!document) {
    document = parse(file);
    parsed.set(file, document);
  }
  return document;
}

function parse(file: WorkingFile): ConfigDocument {
  const { path } = file;
  const result = file.bytes
    ? decode(file.bytes, undefined, path)
    : new ConfigError('source', `${path} cannot be read.`);
  return result instanceof ConfigError
    ? { path, file, config: undefined, error: result }
    : { path, file, config: result.config, error: undefined };
}

/** The file with this model in it. Throws ConfigError when a value does not fit its field. */
export function writeDocument(document: ConfigDocument, config: Config): WorkingFile {
  return binaryFile(document.path, document.file.kind, new Uint8Array(encode(config)));
}

export { cellOf };
