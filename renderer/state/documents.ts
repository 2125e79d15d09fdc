// Configuration files of the project as the window reads them: text or bytes in, model or reasons out. A file is parsed once
// for each content; edits go back through engine/config so that a source keeps everything that was not edited.
import { ConfigError, decode, encode, locateField, readSource } from '../../engine/config/index.ts';
import type { Config, SourceConfig, SourceLocation } from '../../engine/config/index.ts';
import { binaryFile } from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

export interface ConfigDocument {
  readonly path: string;
  readonly file: WorkingFile;
  /** Undefined when the file cannot be read; `error` then says why. */
  readonly config: Config | undefined;
  readonly error: ConfigError | undefined;
  /** For C sources: the place in the text of every field. */
  readonly source: SourceConfig | undefined;
}

interface Parsed {
  document: ConfigDocument;
  /** The files that it included, as they were. */
  included: ReadonlyMap<string, WorkingFile | undefined>;
}

const parsed = new WeakMap<WorkingFile, Parsed>();

/** Reads a system or cell configuration. Binary files must have been fetched: without bytes they count as unreadable. */
export function readDocument(file: WorkingFile, files: WorkingFiles): ConfigDocument {
  let known = parsed.get(file);
  if (!known || [...known.included].some(([path, before]) => files.get(path) !== before)) {
    known =
      file.text === undefined ? { document: readBinary(file), included: new Map() } : readText(file, file.text, files);
    parsed.set(file, known);
  }
  return known.document;
}

const failed = (file: WorkingFile, error: ConfigError): ConfigDocument => ({
  path: file.path,
  file,
  config: undefined,
  error,
  source: undefined,
});

function readBinary(file: WorkingFile): ConfigDocument {
  if (!file.bytes)
    return failed(file, new ConfigError('truncated', `${file.path} could not be fetched. Open the project again.`));
  const result = decode(file.bytes, undefined, file.path);
  if (result instanceof ConfigError) return failed(file, result);
  return { path: file.path, file, config: result.config, error: undefined, source: undefined };
}

function readText(file: WorkingFile, text: string, files: WorkingFiles): Parsed {
  const included = new Map<string, WorkingFile | undefined>();
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  const include = (name: string): string | null => {
    const path = folder + name;
    included.set(path, files.get(path));
    return files.get(path)?.text ?? null;
  };
  const result = readSource(text, { file: file.path, include });
  const document =
    result instanceof ConfigError
      ? failed(file, result)
      : { path: file.path, file, config: result.config, error: undefined, source: result };
  return { document, included };
}

/** The file with this model in it. Throws ConfigError when a value does not fit its field. */
export function writeDocument(document: ConfigDocument, config: Config): WorkingFile {
  const { file, path } = document;
  if (file.text === undefined) return binaryFile(path, file.kind, new Uint8Array(encode(config)));
  throw new ConfigError('source', `${path} is C source, which cannot be written yet.`);
}

/** Where a field of the document's cell stands in its source; undefined for binary files. */
export function placeOf(document: ConfigDocument, field: string): SourceLocation | undefined {
  const { source, config } = document;
  if (!source || !config) return undefined;
  return locateField(source, config.kind === 'system' ? `rootCell.${field}` : field) ?? undefined;
}
