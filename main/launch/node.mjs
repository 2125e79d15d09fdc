// Which Node runs everything of ours. Imports nothing: the command line starts with it.

/** Major version: what runs TypeScript by itself. */
export const NODE = 24;

export const isNewEnough = () => Number.parseInt(process.versions.node) >= NODE;
