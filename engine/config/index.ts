// The door of the configuration room: everything other rooms may use. See model.ts for the model itself.
export * from './model.ts';
export * from './errors.ts';
export * from './location.ts';
export * from './codec.ts';
export * from './region.ts';
export * from './symbols.ts';
export * from './path.ts';
export {
  compileSource,
  decodeSource,
  encodeSource,
  locateField,
  readSource,
  type CompiledSource,
  type SourceConfig,
  type SourceOptions,
  type SourceWarning,
} from './source/reader.ts';
export { renderFault } from './source/file.ts';
export { fieldAt } from './source/field-at.ts';
export {
  ARRAY_GLOSSARY,
  MACRO_GLOSSARY,
  meaningOf,
  STRUCT_GLOSSARY,
  type MacroEntry,
  type MemberEntry,
} from './glossary.ts';
export { regionPurpose, ivshmemSectionOf, deviceTitle } from './purpose.ts';
export { writeSource } from './source/writer.ts';
export { flagsText, rangeText, showJson, showText, sizeText, type Json } from './show.ts';
export { editSource } from './source/edit.ts';
export { fieldLeaves, type Leaf } from './leaves.ts';
export * from './rules/index.ts';
export { boardOfSystem, type BoardOfOptions } from './board-of.ts';
export { linuxMemory, memparse, merged, reservationArguments, subtract } from './reservation.ts';
export { referenceCheck, type ReferenceFile, type ReferenceOutput, type ReferenceQuirks } from './reference-check.ts';
export {
  countOf,
  findingsJson,
  findingsSarif,
  findingsText,
  replacementBetween,
  type PlacedFinding,
} from './rules/report.ts';
export { emptyPciDevice, newCell, type NewCell, type NewCellRequest } from './new-cell.ts';
export { commonPairs, unifiedDiff } from './sequence.ts';
