// The processor as the rooms above use it.
export type { ClusterOptions, CpuDeclaration } from './cluster.ts';
export { CpuCluster, cpuAreaSize } from './cluster.ts';
export type { Fill } from './core/memory.ts';
export { createEngineMemory, fillerOf, WASM_PAGE } from './core/memory.ts';
export type { InterpreterImage } from './interpreter/code.ts';
export { useInterpreterImage } from './interpreter/code.ts';
export type { ImagePart } from './interpreter/image.ts';
export { emitPart, IMAGE_PARTS } from './interpreter/image.ts';
export type { BackgroundTranslator, TranslationAnswer, TranslationRequest } from './region/background.ts';
export type { RegionTuning } from './region/cache.ts';
export { CPU_MODELS } from './aarch64/system/models.ts';
export * from './port.ts';
export { nextInstruction, sameSnapshot, snapshot } from './snapshot.ts';
