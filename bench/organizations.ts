import { randomUUID } from 'node:crypto';
import { MembershipServiceDefinition, TerritoryServiceDefinition } from '@jonction/contracts';
import { type Client, connectTo } from '@jonction/contracts/client';
import { difference, type Named } from '../scripts/vintage/difference.ts';
import { readVintage } from '../scripts/vintage/lists.ts';
import { type Figure, quantile, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const AT_ONCE = 8;
const CALLS = 1_000;
const P95_MS = 50;
const VINTAGE_S = 30;
const BFC = ['21', '25', '39', '58', '70', '71', '89', '90'];

type Territory = Client<typeof TerritoryServiceDefinition>;

/**
 * How long does a person wait for a page of bodies, a search by a name typed badly, or the bearer of a code, when an
 * operator knows all communes and groupings of France; and how long does a yearly list of the State take for one operator?
 * Eight ask at once, each its next question when it has the answer.
 */
export async function organizations(stage: Stage, rounds: number): Promise<Figure[]> {
  await stage.start('membership');
  const address = stage.addressOf('membership');
  const as = async (operator: string) => ({
    ...{ token: await stage.tokenOf(`${operator}-admin`), operator, deadlineMs: 600_000 },
  });
  using ofFrance = connectTo(TerritoryServiceDefinition, address, await as('bfc'));
  using ofRegion = connectTo(TerritoryServiceDefinition, address, await as('idf'));
  using membership = connectTo(MembershipServiceDefinition, address, await as('bfc'));
  const vintage = await yearOf(ofRegion);
  const france = readVintage(2026, departements());
  await apply(ofFrance, difference([], france, 'bfc', new Map()).changes);
  const { communes } = france;
  const tokens = await pagesOf(ofFrance);
  const drawn = draw();
  const questions = {
    'a page of 50': () => ofFrance.listOrganizations({ pageSize: 50, pageToken: one(tokens, drawn()) }),
    'a search by name': () => ofFrance.searchOrganizations({ query: mistyped(one(communes, drawn()).name) }),
    'the bearer of a code': () =>
      membership.resolveIdentifier({ scheme: 'IDENTIFIER_SCHEME_INSEE', value: one(communes, drawn()).code }),
  };
  const figures: Figure[] = [];
  for (const [what, ask] of Object.entries(questions)) {
    await p95(ask);
    const rest: number[] = [];
    for (let round = 0; round < rounds; round++) rest.push(await p95(ask));
    const name = `${what}, of ${communes.length + france.groupings.length} bodies, p95 at 8 at once`;
    figures.push({ name, unit: 'ms', ours: spread(rest), bar: { kind: 'at most', value: P95_MS } });
  }
  const bar = { kind: 'at most', value: VINTAGE_S } as const;
  return [...figures, { name: 'import of a yearly list (2026 after 2025)', unit: 's', ours: spread([vintage]), bar }];
}

/** The seconds that the list of 2026 takes an operator that has the one of 2025, the reading of what it knows included. */
async function yearOf(territory: Territory): Promise<number> {
  await apply(territory, difference([], readVintage(2025, BFC), 'idf', new Map()).changes);
  const startedAt = performance.now();
  const known = [];
  for (let pageToken = ''; ; ) {
    const page = await territory.listOrganizations({ pageSize: 500, pageToken });
    known.push(...page.members);
    pageToken = page.nextPageToken;
    if (!pageToken) break;
  }
  await apply(territory, difference(known, readVintage(2026, BFC), 'idf', new Map()).changes);
  return (performance.now() - startedAt) / 1_000;
}

async function apply(territory: Territory, changes: Named[]): Promise<void> {
  async function* all() {
    for (const { change } of changes) yield { change: { requestId: randomUUID(), change } };
  }
  for await (const { outcome } of territory.recordChanges(all()))
    if (outcome?.$case === 'refusal') throw new Error(outcome.value.messageEn);
}

/** Where each page of 50 begins. */
async function pagesOf(territory: Territory): Promise<string[]> {
  const tokens = [''];
  for (let token = ''; ; ) {
    token = (await territory.listOrganizations({ pageSize: 50, pageToken: token })).nextPageToken;
    if (!token) return tokens;
    tokens.push(token);
  }
}

async function p95(ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  let left = CALLS;
  const asker = async () => {
    while (left-- > 0) {
      const at = performance.now();
      await ask();
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, asker));
  return quantile(
    times.toSorted((a, b) => a - b),
    0.95,
  );
}

/** Every departement of France, mainland and overseas. */
function departements(): string[] {
  const mainland = Array.from({ length: 95 }, (_, at) => String(at + 1).padStart(2, '0')).filter(
    (code) => code !== '20',
  );
  return [...mainland, '2A', '2B', '971', '972', '973', '974', '976'];
}

/** The same draw in each run. */
function draw(): () => number {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function one<T>(all: T[], drawn: number): T {
  return all[Math.floor(drawn * all.length)] as T;
}

/** Without its accents, and with two letters in each other's place. */
function mistyped(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '');
  return plain.length < 5 ? plain : `${plain.slice(0, 2)}${plain[3]}${plain[2]}${plain.slice(4)}`;
}
