import type { Description } from '@jonction/contracts';

/** A version of a consultation that was public. It never changes. */
export class ConsultationVersion {
  consultationVersionId!: string;
  operator!: string;
  consultationId!: string;
  /** 1 for the first. */
  number!: number;
  publishedAt!: Date;
  /** Empty when it was published by itself. */
  agentId!: string;
  title!: string;
  deadline!: Date;
  description!: Description | null;
  sha256!: string;
  changedFields!: string[];
}

/** What a version says, apart from when and by whom. */
export type Said = Pick<ConsultationVersion, 'title' | 'deadline' | 'description'>;

/** Which fields differ, in proto names: `description.lots[2].title`. */
export function differences(before: unknown, after: unknown, where = ''): string[] {
  if (before instanceof Date && after instanceof Date) return before.getTime() === after.getTime() ? [] : [where];
  if (!isObject(before) || !isObject(after)) return before === after ? [] : [where];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => differences(before[name], after[name], placeOf(where, name, Array.isArray(after))));
}

function placeOf(where: string, name: string, listed: boolean): string {
  if (listed) return `${where}[${name}]`;
  return `${where}${where && '.'}${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
