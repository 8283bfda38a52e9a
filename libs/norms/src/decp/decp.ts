export type { Concession, Contract, Kind, Loose, Marche, Modification, Operator } from './contract.ts';
export { type Converted, fromV1 } from './from-v1.ts';
export { Duplicates, isPublishable, isV1, type Judge, judgeBy, Numbers, repaired, type Verdict } from './judge.ts';
export { type Norms, readNorms } from './norms.ts';
export { type Published, publishFiles } from './publish.ts';
export { type Read, readContracts } from './read.ts';
export type { Code, Effect, Reason } from './reasons.ts';
export { Unreadable } from './unreadable.ts';
export { toJson, toXml } from './write.ts';
