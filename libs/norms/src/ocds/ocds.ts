export { compiled, type Publication, type Record, recordOf, recordPackage, releasePackage } from './compile.ts';
export type {
  DocumentFacts,
  LotFacts,
  ModificationFacts,
  Operator,
  Process,
  ProcessEvent,
  TenderFacts,
  Without,
} from './events.ts';
export { INVENTED_PREFIX, type Known, nextRelease, ocidOf, releasesOf } from './mapping.ts';
export type { Release } from './release.ts';
