import { expect, test } from 'vitest';
import { runCampaign } from './chaos/campaign.ts';
import { judge } from './chaos/oracle.ts';

// A tenth of `npm run chaos`, on a PostgreSQL and a nats-server of its own.
const TENTH = { seed: 20_260_302, commands: 1_000, kills: 8, each: 1, clients: 16 };

test('each service, PostgreSQL, nats-server and the prefecture are killed under load, and every accepted command has one effect everywhere, in order', async () => {
  const { objections, journal, facts, summary } = await runCampaign(TENTH, () => {});
  expect(objections, JSON.stringify(summary)).toEqual([]);
  expect(summary.accepted).toBeGreaterThanOrEqual(TENTH.commands);
  expect(Object.values(summary.killed).every((times) => times >= TENTH.each)).toBe(true);

  // The same facts with one effect missing, one doubled, or two swapped: the oracle must not be satisfied.
  const changed = (change: (copy: typeof facts) => void) => {
    const copy = structuredClone(facts);
    change(copy);
    return judge(journal, copy);
  };
  expect(changed(({ library }) => void library.shelves.pop())).not.toEqual([]);
  expect(changed(({ library }) => void library.handled.push(...library.handled.slice(0, 1)))).not.toEqual([]);
  expect(changed(({ library }) => void library.states.reverse())).not.toEqual([]);
  expect(changed(({ ledger }) => void ledger.received.push(...ledger.received.slice(0, 1)))).not.toEqual([]);
}, 240_000);
