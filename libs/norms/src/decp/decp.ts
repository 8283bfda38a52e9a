export {
  type Concession,
  type Contract,
  isLoose,
  type Kind,
  type Loose,
  type Marche,
  type Modification,
  type Operator,
} from './contract.ts';
export { isDay } from './day.ts';
export { inner, list, text } from './facts.ts';
export {
  Duplicates,
  type Found,
  isPublishable,
  isV1,
  type Judge,
  judgeBy,
  Numbers,
  repaired,
  type Verdict,
} from './judge.ts';
export { type Norms, readNorms, resolved, type Schema } from './norms.ts';
export { type Published, publishFiles } from './publish.ts';
export { type Code, type Effect, type Reason, reason } from './reasons.ts';
export { sampleConcession, sampleMarche } from './sample.ts';
export { JSON_NAME, toJson, toXml, XML_NAME } from './write.ts';
