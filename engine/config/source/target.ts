// What a C compiler for each architecture assumes: widths of types and predefined macros. Sources: System V ABI for AMD64
// (LP64), AAPCS64 (LP64, unsigned char), AAPCS32 (ILP32, unsigned char).
import type { Architecture } from '../model.ts';

export interface Target {
  architecture: Architecture;
  /** Bytes of `long`, of `size_t` and of pointers. */
  wordSize: 4 | 8;
  charSigned: boolean;
  /** Macros that the compiler itself defines. */
  macros: Record<string, string>;
}

const common = {
  __STDC__: '1',
  __STDC_VERSION__: '201710L',
  __STDC_HOSTED__: '1',
  __GNUC__: '12',
  __GNUC_MINOR__: '2',
  __GNUC_PATCHLEVEL__: '0',
  __CHAR_BIT__: '8',
  __ORDER_LITTLE_ENDIAN__: '1234',
  __ORDER_BIG_ENDIAN__: '4321',
  __BYTE_ORDER__: '__ORDER_LITTLE_ENDIAN__',
  __INT_MAX__: '0x7fffffff',
  __SIZEOF_SHORT__: '2',
  __SIZEOF_INT__: '4',
  __SIZEOF_LONG_LONG__: '8',
  __linux__: '1',
  __unix__: '1',
};
const lp64 = { ...common, __LP64__: '1', _LP64: '1', __SIZEOF_LONG__: '8', __SIZEOF_POINTER__: '8' };

export const TARGETS: Record<Architecture, Target> = {
  x86: {
    architecture: 'x86',
    wordSize: 8,
    charSigned: true,
    macros: { ...lp64, __x86_64__: '1', __x86_64: '1', __amd64__: '1' },
  },
  arm: {
    architecture: 'arm',
    wordSize: 4,
    charSigned: false,
    macros: {
      ...common,
      __SIZEOF_LONG__: '4',
      __SIZEOF_POINTER__: '4',
      __arm__: '1',
      __ARM_ARCH: '7',
      __CHAR_UNSIGNED__: '1',
    },
  },
  arm64: {
    architecture: 'arm64',
    wordSize: 8,
    charSigned: false,
    macros: { ...lp64, __aarch64__: '1', __ARM_ARCH: '8', __CHAR_UNSIGNED__: '1' },
  },
};
