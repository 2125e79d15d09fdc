// Configuration files of the project as the window reads them: text or bytes in, model or reasons out. A file is parsed once
// for each content; edits go back through engine/config so that a source keeps everything that was not edited.
import { ConfigError, decode, editSource, encode, locateField, readSource } from '../../engine/config/index.ts';
import type { Config, SourceConfig, SourceLocation } from '../../engine/config/index.ts';
import { binaryFile, textFile } from './files.ts';
import type { WorkingFile, WorkingFiles } from './files.ts';

export interface ConfigDocument {
  readonly path: string;
  readonly file: WorkingFile;
  /** Undefined when the file cannot be read and never could be here. */
  readonly config: Config | undefined;
  /** Why the file cannot be read; `config` is then what it was when it last could. */
  readonly error: ConfigError | undefined;
  /** Bytes of the file behind the configuration. */
  readonly trailing: number;
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
  trailing: 0,
  source: undefined,
});

function readBinary(file: WorkingFile): ConfigDocument {
  if (!file.bytes)
    return failed(file, new ConfigError('truncated', `${file.path} could not be fetched. Open the project again.`));
  const result = decode(file.bytes, undefined, file.path);
  if (result instanceof ConfigError) return failed(file, result);
  return {
    path: file.path,
    file,
    config: result.config,
    error: undefined,
    trailing: result.trailing.length,
    source: undefined,
  };
}

/** A file that cannot be read, with what it meant when it last could. Its places in the text are not known any more. */
export const withLastGood = (broken: ConfigDocument, last: ConfigDocument): ConfigDocument => ({
  ...broken,
  config: last.config,
  trailing: last.trailing,
});

/** Which file of the project a place is in: locations name included files as the #include does. */
export const fileOfPlace = ({ path }: ConfigDocument, place: SourceLocation): string =>
  place.file === path ? path : path.slice(0, path.lastIndexOf('/') + 1) + place.file;

/** Other files of the same folder, as #include names them; notes which ones were asked for. */
function includes(
  path: string,
  files: WorkingFiles,
  asked: Map<string, WorkingFile | undefined> = new Map(),
): (name: string) => string | null {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return (name) => {
    asked.set(folder + name, files.get(folder + name));
    return files.get(folder + name)?.text ?? null;
  };
}

function readText(file: WorkingFile, text: string, files: WorkingFiles): Parsed {
  const included = new Map<string, WorkingFile | undefined>();
  const result = readSource(text, { file: file.path, include: includes(file.path, files, included) });
  const document =
    result instanceof ConfigError
      ? failed(file, result)
      : {
          path: file.path,
          file,
          config: result.config,
          error: undefined,
          trailing: result.trailing.length,
          source: result,
        };
  return { document, included };
}

/**
 * The file with this model in it: a source keeps its text wherever nothing changed.
 * Throws ConfigError when a value does not fit its field or the text cannot be edited.
 */
export function writeDocument(document: ConfigDocument, config: Config, files: WorkingFiles): WorkingFile {
  const { file, path } = document;
  if (document.error)
    throw new ConfigError('source', `${path} cannot be read, so it cannot be edited here. Mend its text first.`);
  if (file.text === undefined) return binaryFile(path, file.kind, new Uint8Array(encode(config)));
  const text = editSource(file.text, config, { file: path, include: includes(path, files) });
  if (text instanceof ConfigError) throw text;
  return textFile(path, file.kind, text);
}

/** Where a field stands in the document's source, by its path in the file's model; undefined for binary files. */
export const placeOf = ({ source }: ConfigDocument, field: string): SourceLocation | undefined =>
  (source && locateField(source, field)) ?? undefined;

/** The path of a field of the document's cell in the file's model. */
export const cellField = ({ config }: ConfigDocument, field: string): string =>
  config?.kind === 'system' ? `rootCell.${field}` : field;
