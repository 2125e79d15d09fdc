// The contract: every message and type that crosses a process boundary, as zod schemas with the types inferred from them.
// engine.ts: window <-> engine (through a MessagePort or a WebSocket). services.ts: window <-> main's services. host.ts: main <-> engine
// process. compare.ts: two runs beside each other. socket.ts: the browser shell's WebSocket, in the words of codec.ts. record.ts: what a run leaves behind. Whoever receives a message parses it first; whoever sends may trust its own types.
export * from './codec.ts';
export * from './compare.ts';
export * from './engine.ts';
export * from './host.ts';
export * from './record.ts';
export * from './services.ts';
export * from './socket.ts';
