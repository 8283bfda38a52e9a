export { checkInseeCode } from './insee-code.ts';
export { checkSiren, checkSiret } from './sirene.ts';
export type { Verdict } from './verdict.ts';
