export { exclusive, inclusive } from './canonical.ts';
export { type Encoding, type Encodings, encodingsOf, placed } from './encoding.ts';
export { LIMITS, type Limits, type ReadOptions, type ReadXml, readXml } from './read.ts';
export {
  clipped,
  type Language,
  type PrintedReason,
  printed,
  type Reason,
  Refused,
  type Verdict,
  verdictOf,
  type Words,
} from './reason.ts';
export { type Schema, type SchemaFault, schemaOf } from './schema.ts';
export { type Sentences, sentences } from './words.ts';
