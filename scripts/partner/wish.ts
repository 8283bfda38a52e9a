import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { subjectsWithin } from '@jonction/events';
import { ROOT, snake } from '@jonction/stack';
import { Mistake } from '../start/running.ts';
import type { Subscription } from './account.ts';

/** What was asked on the command line, checked. */
export interface Wish {
  verb: 'create' | 'rotate' | 'revoke' | 'list';
  name: string;
  operator: string;
  memberId: string;
  /** What `create` makes. */
  durables: Omit<Subscription, 'fromSeq'>[];
  /** Absent: from the first event. */
  from: Date | undefined;
  days: number;
  /** The file for the credentials; empty for the standard output. */
  out: string;
  now: boolean;
  json: boolean;
  dryRun: boolean;
}

const flag = { type: 'boolean', default: false } as const;
const text = { type: 'string', default: '' } as const;
const options = {
  ...{ operator: text, events: text, member: text, out: text },
  from: { ...text, default: 'first' },
  expires: { ...text, default: '90d' },
  ...{ now: flag, json: flag, 'dry-run': flag, help: { ...flag, short: 'h' } },
} as const;

/** The wish, or `help`. Throws a Mistake that says what to type instead. */
export function readWish(args: string[]): Wish | 'help' {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const [verb = '', name = '', ...more] = positionals;
  if (values.help) return 'help';
  if (!isVerb(verb)) throw new Mistake('say create, rotate, revoke or list; --help says more.');
  if (more.length > 0) throw new Mistake(`one partner at a time: "${more.join(' ')}" is too much.`);
  if (verb !== 'list' && !/^[a-z0-9](-?[a-z0-9]){0,30}$/.test(name))
    throw new Mistake(`say the partner's name, of a-z, 0-9 and "-", 31 characters at most: "${name}" is none.`);
  if (values.out && existsSync(values.out))
    throw new Mistake(`${values.out} is there already, and may hold credentials: name another file with --out.`);
  return {
    ...{ verb, name, operator: values.operator, memberId: values.member, out: values.out },
    ...{ now: values.now, json: values.json, dryRun: values['dry-run'] },
    durables: verb === 'create' ? durablesOf(name, values) : [],
    from: instantOf(values.from),
    days: daysOf(values.expires),
  };
}

const isVerb = (verb: string): verb is Wish['verb'] => ['create', 'rotate', 'revoke', 'list'].includes(verb);

type Filter = { operator: string; events: string; member: string };

/** One durable for each stream. A context stands for the events that it has today: what is added later is asked for anew. */
function durablesOf(name: string, { operator, events, member }: Filter): Wish['durables'] {
  const operators = readdirSync(join(ROOT, 'operators')).flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);
  if (!operators.includes(operator)) throw new Mistake(`say --operator: ${operators.join(' or ')}.`);
  if (member && !/^[\w-]+$/.test(member)) throw new Mistake(`--member is a member's id, which "${member}" cannot be.`);
  const known = eventsByContext();
  const named = events.split(',').filter(Boolean);
  if (named.length === 0) throw new Mistake(`say --events: ${choices(known)}.`);
  const chosen = named.flatMap((one) => eventsOf(one, known));
  return [...Map.groupBy(chosen, ({ context }) => context)].map(([context, all], index) => {
    const heard = [...new Set(all.map(({ event }) => event))].sort();
    const subjects = heard.map((event) => subjectsWithin(context, operator, { event, memberId: member || '*' }));
    return { durable: `p_${name}_${index + 1}`, stream: context, subjects };
  });
}

/** Says who works where, which is for the services alone. */
const NOT_FOR_PARTNERS = 'membership';

/** What is not public yet: who hears of a tender or a choice before the others has an advantage (CCP L3), so it is never meant silently. */
const ONLY_BY_NAME = new Set([
  'ConsultationDrafted',
  'ConsultationDescribed',
  'ConsultationSubmitted',
  'ConsultationReturned',
  'ConsultationScheduled',
  'TendersOpened',
  'LotAwarded',
  'RejectionLettersSent',
  'ContractSigned',
  'DraftTransferred',
]);

/** What services answer each other while bodies merge: true, and of no use to others. */
const ANSWERS = /^(Consultations|Acts|Shelves)(Held|HoldRefused|Released|Reattached)$/;

function eventsOf(word: string, known: Map<string, string[]>): { context: string; event: string }[] {
  const [context, events] = [...known].find(([one, its]) => one === snake(word) || its.includes(word)) ?? [];
  if (!context || !events)
    throw new Mistake(`nothing is said on the bus by the name of "${word}": there are ${choices(known)}.`);
  if (context === NOT_FOR_PARTNERS)
    throw new Mistake(`what membership says names persons, and is not for partners: there are ${choices(known)}.`);
  const silent = (event: string) => ONLY_BY_NAME.has(event) || ANSWERS.test(event);
  const meant = context === snake(word) ? events.filter((event) => !silent(event)) : [word];
  return meant.map((event) => ({ context, event }));
}

function choices(known: Map<string, string[]>): string {
  const open = [...known].filter(([context]) => context !== NOT_FOR_PARTNERS);
  return open.map(([context, events]) => `${context} (${events.join(', ')})`).join(', ');
}

/** The events of each context, as their contracts name them. */
function eventsByContext(): Map<string, string[]> {
  const folder = join(ROOT, 'proto/jonction');
  const found = readdirSync(folder).map((context): [string, string[]] => {
    const files = readdirSync(join(folder, context, 'v1')).filter((file) => /(^|_)events\.proto$/.test(file));
    const text = files.map((file) => readFileSync(join(folder, context, 'v1', file), 'utf8')).join('\n');
    return [context, [...text.matchAll(/^message (\w+)/gm)].map((match) => match[1] ?? '')];
  });
  return new Map(found.filter(([, events]) => events.length > 0));
}

function instantOf(from: string): Date | undefined {
  if (from === 'first') return undefined;
  const instant = new Date(from);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(from) || Number.isNaN(instant.getTime()))
    throw new Mistake(`--from is "first" or an instant with its zone, such as 2026-09-01T00:00:00Z, not "${from}".`);
  return instant;
}

function daysOf(expires: string): number {
  const days = Number(/^(\d{1,3})d$/.exec(expires)?.[1] ?? 0);
  if (days < 1) throw new Mistake(`--expires is a number of days from 1d to 999d, such as 90d, not "${expires}".`);
  return days;
}
