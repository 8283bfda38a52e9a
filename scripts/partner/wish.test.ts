import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { expect, test } from 'vitest';
import { Mistake } from '../start/running.ts';
import { readWish } from './wish.ts';

/** What a vendor of procurement hears when it names the context alone. */
const PUBLIC = [
  ...['ConsultationClosed', 'ConsultationPublished', 'ConsultationRectified', 'ConsultationTakenOver'],
  ...[
    'ConsultationTransferred',
    'ContractCompleted',
    'ContractNotified',
    'DeadlineExtended',
    'LotClosedWithoutContract',
  ],
];
const BFC = ['--operator', 'bfc', '--events', 'procurement'];

test.each<[string[], RegExp]>([
  [[], /say create, rotate, revoke or list/],
  [['crate', 'acme'], /say create, rotate, revoke or list/],
  [['create', 'acme', 'other', ...BFC], /"other" is too much/],
  [['create', ...BFC], /say the partner's name/],
  [['create', 'Acme', ...BFC], /of a-z, 0-9 and "-"/],
  [['create', 'a.b', ...BFC], /of a-z, 0-9/],
  [['create', 'a*', ...BFC], /of a-z, 0-9/],
  [['create', 'a_1', ...BFC], /of a-z, 0-9/],
  [['create', 'x'.repeat(32), ...BFC], /31 characters at most/],
  [['create', 'new', '--events', 'procurement'], /say --operator: bfc or idf/],
  [['create', 'new', '--operator', '*', '--events', 'procurement'], /say --operator: bfc or idf/],
  [['create', 'new', '--operator', 'bfc'], /say --events: .*ConsultationPublished/],
  [['create', 'new', '--operator', 'bfc', '--events', 'nonsense'], /by the name of "nonsense"/],
  [['create', 'new', '--operator', 'bfc', '--events', 'membership'], /names persons/],
  [['create', 'new', '--operator', 'bfc', '--events', 'procurement,AgentEnrolled'], /names persons/],
  [['create', 'new', ...BFC, '--member', 'm.>'], /--member is a member's id/],
  [['create', 'new', ...BFC, '--member', '*'], /--member is a member's id/],
  [['create', 'new', ...BFC, '--from', 'yesterday'], /--from is "first" or an instant/],
  [['create', 'new', ...BFC, '--from', '2026-09-01'], /--from is "first" or an instant/],
  [['create', 'new', ...BFC, '--from', '2026-13-01T00:00:00Z'], /--from is "first" or an instant/],
  [['create', 'new', ...BFC, '--expires', '0d'], /--expires is a number of days/],
  [['create', 'new', ...BFC, '--expires', '90'], /--expires is a number of days/],
  [['create', 'new', ...BFC, '--out', 'package.json'], /package.json is there already/],
])('%j is refused, with what to type instead', (args, sentence) => {
  expect(() => readWish(args)).toThrow(Mistake);
  expect(() => readWish(args)).toThrow(sentence);
});

test('a partner of two contexts gets a durable on each, for its operator alone', () => {
  const wish = readWish(['create', 'acme', '--operator', 'idf', '--events', 'procurement,ShelfOpened,ShelfClosed']);
  expect(wish).toMatchObject({
    from: undefined,
    days: 90,
    durables: [
      {
        durable: 'p_acme_1',
        stream: 'procurement',
        subjects: PUBLIC.map((event) => `evt.procurement.v1.${event}.idf.*`),
      },
      {
        durable: 'p_acme_2',
        stream: 'dce_library',
        subjects: ['evt.dce_library.v1.ShelfClosed.idf.*', 'evt.dce_library.v1.ShelfOpened.idf.*'],
      },
    ],
  });
});

test('an event beside its whole context adds nothing, and a member narrows all', () => {
  const wish = readWish(['create', 'acme', ...BFC, '--events', 'ConsultationClosed,procurement', '--member', 'm-1']);
  const subjects = PUBLIC.map((event) => `evt.procurement.v1.${event}.bfc.m-1`);
  expect(wish).toMatchObject({ durables: [{ subjects }] });
});

test('what the contracts call not public yet is heard only by who names it', () => {
  const folder = join(ROOT, 'proto/jonction/procurement/v1');
  const events = ['events.proto', 'life_events.proto'].map((file) => readFileSync(join(folder, file), 'utf8')).join();
  const hidden = [...events.matchAll(/^\/\/ (\w+): .*not public yet/gm)].map(([, event = '']) => event);
  expect(hidden).toContain('LotAwarded');
  const subjectsOf = (...args: string[]) =>
    JSON.stringify(readWish(['create', 'acme', '--operator', 'bfc', '--events', ...args]));
  for (const event of hidden) {
    expect(subjectsOf('procurement')).not.toContain(event);
    expect(subjectsOf(`procurement,${event}`)).toContain(event);
  }
});

test('an instant keeps its zone', () => {
  const wish = readWish(['create', 'acme', ...BFC, '--from', '2026-09-01T02:00:00+02:00', '--expires', '7d']);
  expect(wish).toMatchObject({ from: new Date('2026-09-01T00:00:00Z'), days: 7 });
});
