export type { Announced } from './checked.ts';
export { type Documents, type KeptDocument, openDocuments } from './documents.ts';
export { DocumentMissing, DocumentRefusal, type RefusalReason } from './refusal.ts';
export type { SweepOptions } from './sweep.ts';
