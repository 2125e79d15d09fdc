// The door of the board room: descriptions, their schema and loader. See description.ts for the shape.
export * from './description.ts';
export * from './load.ts';
export { boardText } from './write.ts';
export { boardSchema } from './schema.ts';
export * from './dtb.ts';
export { boardDeviceTree } from './devicetree.ts';
export type { BootParameters } from './devicetree.ts';
export { boardFromDeviceTree } from './from-devicetree.ts';
export type { FromDeviceTreeOptions } from './from-devicetree.ts';
export { whyNoPower } from './power.ts';
