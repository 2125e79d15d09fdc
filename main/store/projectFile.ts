// A project as one file (`NAME.cellblock`): a JSON document that a person can read and a diff tool can compare. Texts stand in it as they are,
// images once by SHA-256 in base64.
import { z } from 'zod';
import { fileKind, ServiceError } from '../../engine/contract/index.ts';
import { sha256 } from './contents.ts';
import { MAX_FILES, MAX_PROJECT_BYTES } from './limits.ts';
import type { NewProject } from './projects.ts';

export const PROJECT_FILE_FORMAT = 'cellblock-project';
export const PROJECT_FILE_VERSION = 1;
/** Base64 takes four bytes for three; texts may need escapes. More than this cannot be a project within the limits. */
const MAX_FILE_BYTES = Math.ceil((MAX_PROJECT_BYTES * 4) / 3) + 64 * 1024 * 1024;

const header = z.object({ format: z.literal(PROJECT_FILE_FORMAT), version: z.number().int().positive() });
const document = header.extend({
  name: z.string(),
  board: z.string(),
  script: z.string().nullable(),
  layout: z.record(z.string(), z.unknown()),
  files: z
    .array(
      z.union([
        z.strictObject({ path: z.string(), kind: fileKind, text: z.string() }),
        z.strictObject({ path: z.string(), kind: fileKind, image: z.string() }),
      ]),
    )
    .max(MAX_FILES),
  images: z.record(z.string(), z.string()),
});

export function encodeProjectFile(project: NewProject): Uint8Array<ArrayBuffer> {
  const images: Record<string, string> = {};
  const files = project.files.map((file) => {
    if ('text' in file) return { path: file.path, kind: file.kind, text: file.text };
    const hash = sha256(file.bytes);
    images[hash] = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength).toString('base64');
    return { path: file.path, kind: file.kind, image: hash };
  });
  const { name, board, script, layout } = project;
  const content: z.infer<typeof document> = {
    format: PROJECT_FILE_FORMAT,
    version: PROJECT_FILE_VERSION,
    name,
    board,
    script,
    layout,
    files,
    images,
  };
  return new TextEncoder().encode(`${JSON.stringify(content, null, 1)}\n`);
}

const invalid = (why: string) => new ServiceError('invalid', `This file cannot be imported: ${why}`);

/** Throws ServiceError: `future-version` for a later format, `invalid` for anything else that is not a whole project. */
export function decodeProjectFile(bytes: Uint8Array): NewProject {
  if (bytes.length > MAX_FILE_BYTES)
    throw invalid(`it has ${bytes.length} bytes, more than any project may. Choose a .cellblock file.`);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid(
      bytes[0] === 0x7b
        ? 'it begins like a project and then breaks off or is damaged. Export it again, or copy it again from where it came.'
        : 'it is not a Cellblock project. Choose a .cellblock file that "Export project" wrote.',
    );
  }
  const head = header.safeParse(json);
  if (!head.success)
    throw invalid('it is not a Cellblock project. Choose a .cellblock file that "Export project" wrote.');
  if (head.data.version > PROJECT_FILE_VERSION)
    throw new ServiceError(
      'future-version',
      `This project was exported by a newer Cellblock (format ${head.data.version}; this one reads up to ${PROJECT_FILE_VERSION}). Update Cellblock and import it again.`,
    );
  const parsed = document.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw invalid(
      `its field ${issue.path.join('.') || '(top)'} is not as expected (${issue.message}). Export it again where it came from.`,
    );
  }
  const { name, board, script, layout, files, images } = parsed.data;
  const decoded = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const [hash, base64] of Object.entries(images)) {
    const image = Uint8Array.from(Buffer.from(base64, 'base64'));
    if (sha256(image) !== hash)
      throw invalid(
        `the image ${hash.slice(0, 12)}… is damaged (its SHA-256 differs). Export it again where it came from.`,
      );
    decoded.set(hash, image);
  }
  return {
    name,
    board,
    script,
    layout,
    files: files.map((file) => {
      if ('text' in file) return file;
      const image = decoded.get(file.image);
      if (image === undefined)
        throw invalid(`${file.path} refers to an image that is not in it. Export it again where it came from.`);
      return { path: file.path, kind: file.kind, bytes: image };
    }),
  };
}
