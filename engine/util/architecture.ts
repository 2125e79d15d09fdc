// The architectures that configurations and boards are for.

/** In the order of the architecture byte (offset 5 of both kinds of configuration; ABI reference, A.0). */
export const ARCHITECTURES = ['x86', 'arm', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
