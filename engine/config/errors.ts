// Why a configuration cannot be read or written: one shape for binary files, C sources and models.
import type { SourceLocation } from './location.ts';

/**
 * Stable reason, for programs. The driver and the hypervisor turn these into errno values (ABI reference, E.2, E.4, B.5):
 * `signature`, `revision`, `architecture`, `truncated`, `counts` and `value` are EINVAL, `cell-too-large` is E2BIG.
 */
export type ConfigErrorCode =
  /** The file does not begin with JHSYS or JHCLL (or not with the one that was asked for). */
  | 'signature'
  | 'revision'
  | 'architecture'
  /** The file ends inside a descriptor. */
  | 'truncated'
  /** The descriptor's counts ask for more bytes than the file has. */
  | 'counts'
  /** The file is far larger than any configuration. */
  | 'oversized'
  /** A cell's descriptor and arrays do not fit the 64 KiB through which the hypervisor reads them. */
  | 'cell-too-large'
  /** A value of the model does not fit its field. */
  | 'value'
  /** The C source cannot be read. */
  | 'source';

/** One sentence for people (thing, reason, next step) and the facts behind it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  /** Byte offset in the file, where there is one. */
  readonly offset: number | undefined;
  /** Where in the C source, where there is one. */
  readonly location: SourceLocation | undefined;

  constructor(code: ConfigErrorCode, message: string, where: { offset?: number; location?: SourceLocation } = {}) {
    super(message);
    this.code = code;
    this.offset = where.offset;
    this.location = where.location;
  }
}
