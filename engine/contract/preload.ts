// The Electron shell's IPC channels, for the preload script and main alike. What crosses them is in services.ts; a window's port to an engine
// is a MessagePort that main sends on `port` with the key of the `attach` that asked for it.
export const PRELOAD_CHANNEL = {
  /** invoke(name, input) → Reply */
  call: 'cellblock:call',
  /** invoke(runId, key) → whether a port is on its way */
  attach: 'cellblock:attach',
  /** main → window: key, with one MessagePort */
  port: 'cellblock:port',
  /** main → window: MainNotice */
  notice: 'cellblock:notice',
} as const;
