export { compiled, type Publication, type Record, recordOf, recordPackage, releasePackage } from './compile.ts';
export type { EssentialData, ModificationFacts, Process, ProcessEvent, TenderFacts } from './events.ts';
export { categoryOf, INVENTED_PREFIX, releasesOf } from './mapping.ts';
export type { Release } from './release.ts';
