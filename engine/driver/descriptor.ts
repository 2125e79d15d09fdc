// The checks that the driver makes on the first bytes of a configuration, with the kernel log's words.
// Source: ABI reference, E.2 step 2, E.4.
import { architectureOf, ARCHITECTURES, CONFIG_REVISION, type Architecture } from '../config/index.ts';

export interface DescriptorProblem {
  readonly rule: 'signature' | 'revision' | 'architecture';
  /** The kernel log's line. */
  readonly log: string;
  readonly sentence: string;
}

const SIGNATURE = { system: 'JHSYS', cell: 'JHCLL' } as const;

export function checkDescriptor(
  bytes: Uint8Array,
  kind: 'system' | 'cell',
  architecture: Architecture,
): DescriptorProblem | undefined {
  const header = new Uint8Array(8);
  header.set(bytes.subarray(0, 8));
  const view = new DataView(header.buffer);
  const signature = String.fromCharCode(...header.subarray(0, 5));
  if (signature !== SIGNATURE[kind]) {
    return {
      rule: 'signature',
      log: `Not a ${kind} configuration`,
      sentence: `The file is not a ${kind} configuration: it begins with ${JSON.stringify(signature)}, expected ${SIGNATURE[kind]}.`,
    };
  }
  const revision = view.getUint16(6, true);
  if (revision !== CONFIG_REVISION) {
    return {
      rule: 'revision',
      log: 'Configuration revision mismatch',
      sentence: `The configuration has revision ${revision}, expected ${CONFIG_REVISION}. Rebuild it from its source.`,
    };
  }
  const byte = view.getUint8(5);
  if (byte !== ARCHITECTURES.indexOf(architecture)) {
    return {
      rule: 'architecture',
      log: 'Configuration architecture mismatch',
      sentence: `The configuration is for ${architectureOf(byte) ?? `architecture ${byte}`}, and this board is ${architecture}. Set .architecture and rebuild it.`,
    };
  }
  return undefined;
}
