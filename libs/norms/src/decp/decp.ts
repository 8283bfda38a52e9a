export type { Concession, Contract, Kind, Loose, Marche, Modification, Operator } from './contract.ts';
export { Duplicates, isV1, type Judge, judgeBy, repaired, type Verdict } from './judge.ts';
export { type Norms, readNorms } from './norms.ts';
export { type Read, readContracts } from './read.ts';
export type { Code, Effect, Reason } from './reasons.ts';
export { Unreadable } from './unreadable.ts';
