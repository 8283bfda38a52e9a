import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConsultationServiceDefinition,
  MembershipServiceDefinition,
  type Shelf,
  ShelfServiceDefinition,
} from '@jonction/contracts';
import { type CallerOptions, connectTo } from '@jonction/service';
import type { Progress } from '@jonction/stack';
import { type RosterEntry, roster } from '../roster.ts';
import type { Callers } from './members.ts';

const OPERATOR = 'bfc';
/** How long an effect in another service may take; in practice some tens of milliseconds, after a first load some seconds. */
const WITHIN_MS = 30_000;
const DAY_MS = 86_400_000;

const TITLES = [
  'Réfection de la toiture du gymnase',
  'Restauration scolaire, année 2027',
  "Maîtrise d'œuvre pour la rénovation de la mairie",
  'Entretien des espaces verts',
  "Fourniture d'électricité pour les bâtiments publics",
];

/** What it takes to play a day: who calls, where to say what happened, and where spans go. */
export type Stage = Callers & { say: Progress; consoleUrl: string };

/** True when a day was played to its end before, on this data. */
export async function wasPlayed({ tokenOf, addressOf }: Callers): Promise<boolean> {
  const options = { token: await tokenOf(`${OPERATOR}-admin`), operator: OPERATOR };
  using procurement = connectTo(ConsultationServiceDefinition, addressOf('procurement'), options);
  const { consultations } = await eventually('procurement to know the administrator of bfc', () =>
    procurement.listConsultations({ status: 'CONSULTATION_STATUS_CLOSED', pageSize: 1 }),
  );
  return consultations.length > 0;
}

/**
 * Plays a short day: a buyer is enrolled, publishes, extends and closes a consultation, and the library follows. Each
 * step is one line; all of them are one trace. Returns the trace's id. Throws when a step has not its effect in time.
 */
export async function playDay(stage: Stage, { first }: { first: boolean }): Promise<string> {
  const { say, tokenOf, addressOf } = stage;
  const trace = startTrace();
  const commune = communeOf(first);
  const subject = `buyer-${commune.inseeCode}`;
  const administrator = { token: await tokenOf(`${OPERATOR}-admin`), operator: OPERATOR };
  const buyer = { token: await tokenOf(subject), operator: OPERATOR };

  say(`membership: ${await enrolBuyer(stage, { ...administrator, traceparent: trace.parent }, commune, subject)}`);
  using procurement = connectTo(ConsultationServiceDefinition, addressOf('procurement'), buyer);
  using library = connectTo(ShelfServiceDefinition, addressOf('dce-library'), buyer);
  // Asked outside the trace: the refusals before the news is there are none of the day's.
  await eventually('procurement to hear of the buyer', () => procurement.listConsultations({ pageSize: 1 }));
  await eventually('dce-library to hear of the buyer', () => library.listShelves({ pageSize: 1 }));
  say(`procurement and dce-library heard of ${subject} and its rights`);

  const shelfWhen = shelfReader(library);
  const traced = { traceparent: trace.parent };
  const title = TITLES[first ? 0 : randomInt(TITLES.length)] ?? '';
  const created = await procurement.createConsultation(
    { requestId: randomUUID(), memberId: commune.memberId, title, deadline: inDays(30) },
    traced,
  );
  const consultationId = created.consultation?.consultationId ?? '';
  await procurement.publishConsultation({ requestId: randomUUID(), consultationId }, traced);
  say(`procurement: ${commune.name} published "${title}", tenders until ${dayOf(inDays(30))}`);
  const opened = await shelfWhen(consultationId, 'to open its shelf', (shelf) => shelf.status === 'SHELF_STATUS_OPEN');
  say(`dce-library: the shelf opened ${opened} ms later`);

  const deadline = inDays(45);
  await procurement.extendConsultation({ requestId: randomUUID(), consultationId, deadline }, traced);
  say(`procurement: the deadline was put to ${dayOf(deadline)}`);
  const late = (shelf: Shelf) => Number(shelf.openUntil) >= Math.floor(Number(deadline) / 1_000) * 1_000;
  const moved = await shelfWhen(consultationId, 'to follow the deadline', late);
  say(`dce-library: the shelf stays open until then, ${moved} ms later`);

  await procurement.closeConsultation({ requestId: randomUUID(), consultationId }, traced);
  say('procurement: the consultation was closed before its deadline');
  const closed = await shelfWhen(
    consultationId,
    'to close its shelf',
    (shelf) => shelf.status === 'SHELF_STATUS_CLOSED',
  );
  say(`dce-library: the shelf closed ${closed} ms later`);
  await trace.end(stage.consoleUrl, `a day in ${commune.name}`);
  return trace.id;
}

type Library = { getShelf(request: { consultationId: string }): Promise<{ shelf?: Shelf | undefined }> };

/** Waits until the library's shelf of a consultation is as expected; gives the milliseconds it took. */
function shelfReader(library: Library) {
  return async (consultationId: string, what: string, asExpected: (shelf: Shelf) => boolean): Promise<number> => {
    const startedAt = performance.now();
    await eventually(`dce-library ${what}`, async () => {
      const { shelf } = await library.getShelf({ consultationId });
      if (!shelf || !asExpected(shelf)) throw new Error(`its shelf is ${shelf?.status} until ${shelf?.openUntil}`);
    });
    return Math.round(performance.now() - startedAt);
  };
}

/** Enrols the commune's buyer and gives it the role, unless it was done on another day. Gives what became of it. */
async function enrolBuyer(
  { addressOf }: Callers,
  administrator: CallerOptions,
  { memberId, name }: RosterEntry,
  subject: string,
): Promise<string> {
  using membership = connectTo(MembershipServiceDefinition, addressOf('membership'), administrator);
  const { agents } = await membership.listAgents({ memberId, pageSize: 500 });
  const known = agents.find((agent) => agent.subject === subject);
  const agent =
    known ??
    (await membership.enrolAgent({ requestId: randomUUID(), memberId, subject, displayName: `Buyer of ${name}` }))
      .agent;
  if (agent?.entitlements.some(({ role }) => role === 'ROLE_BUYER')) return `${subject} buys for ${name} already`;
  await membership.grantEntitlement({ requestId: randomUUID(), agentId: agent?.agentId ?? '', role: 'ROLE_BUYER' });
  return `${subject} was enrolled and may now buy for ${name}`;
}

/** Dijon the first time, another commune of the roster on another day. */
function communeOf(first: boolean): RosterEntry {
  const communes = roster().filter(({ operator, kind }) => operator === OPERATOR && kind === 'COMMUNE');
  const dijon = communes.find(({ inseeCode }) => inseeCode === '21231');
  const chosen = first ? dijon : communes[randomInt(communes.length)];
  if (!chosen) throw new Error('the roster has no commune to play a day with');
  return chosen;
}

/** Asks again until it does not throw; says what was waited for, and the last complaint, when it never does. */
async function eventually<T>(what: string, ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + WITHIN_MS;
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end)
        throw new Error(`waited ${WITHIN_MS / 1_000} s for ${what}: ${(error as Error).message}`, { cause: error });
      await delay(10);
    }
  }
}

/** A trace of our own, of which each call of the day is a part. `end` sends the span that holds them together. */
function startTrace() {
  const id = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  const startedMs = Date.now();
  return {
    id,
    parent: `00-${id}-${spanId}-01`,
    async end(consoleUrl: string, name: string): Promise<void> {
      const [startTimeUnixNano, endTimeUnixNano] = [`${startedMs}000000`, `${Date.now()}000000`];
      const span = { traceId: id, spanId, name, kind: 1, startTimeUnixNano, endTimeUnixNano };
      const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'npm start' } }] };
      const answer = await fetch(`${consoleUrl}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] }),
      });
      if (!answer.ok) throw new Error(`the console did not take a span: ${answer.status} ${await answer.text()}`);
    },
  };
}

const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);

/** `23 December 2026`. */
const dayOf = (time: Date): string =>
  time.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'Europe/Paris' });
