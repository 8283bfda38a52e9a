import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Facts, Kept, Said } from './facts.ts';
import type { Entry } from './journal.ts';
import { judge } from './oracle.ts';

const DAY = 86_400_000;
const time = (day: number) => new Date(Date.parse('2100-01-01T00:00:00Z') + day * DAY).toISOString();

let drawn = 0;
const entry = (kind: Entry['kind'], asked: Entry['asked'], given: Entry['given'] = {}): Entry => ({
  ...{ requestId: `r${++drawn}`, kind, operator: 'bfc', asked, given },
  ...{ outcome: 'accepted', reason: '', consistent: true },
});

const said = (name: string, aggregate: string, seq: number, body: object = {}): Said => ({
  ...{ id: `${name} ${aggregate} ${seq}`, operator: 'bfc', aggregate, seq, name },
  ...{ body: JSON.stringify(body), streamSeq: null },
});

const RPC: Partial<Record<Entry['kind'], string>> = {
  admit: 'MembershipService/AdmitMember',
  enrol: 'MembershipService/EnrolAgent',
  grant: 'MembershipService/GrantEntitlement',
  revoke: 'MembershipService/RevokeEntitlement',
  create: 'ConsultationService/CreateConsultation',
  publish: 'ConsultationService/PublishConsultation',
  extend: 'ConsultationService/ExtendConsultation',
  close: 'ConsultationService/CloseConsultation',
  deposit: 'ActService/DepositAct',
  declare: 'ActService/MarkActPublished',
};

function commands(): Entry[] {
  return [
    entry('admit', { name: 'Agencourt' }, { memberId: 'm' }),
    entry('enrol', { memberId: 'm', subject: 's' }, { agentId: 'a' }),
    entry('grant', { agentId: 'a', role: 'ROLE_READER' }, { entitlementId: 'e' }),
    entry('revoke', { agentId: 'a', role: 'ROLE_READER' }, { revokedAt: time(-1) }),
    entry('create', { title: 'One', deadline: time(1) }, { consultationId: 'one' }),
    entry('publish', { consultationId: 'one' }),
    entry('extend', { consultationId: 'one', deadline: time(2) }),
    entry('extend', { consultationId: 'one', deadline: time(3) }),
    entry('close', { consultationId: 'one' }),
    entry('create', { title: 'Two', deadline: time(1) }, { consultationId: 'two' }),
    entry('deposit', { memberId: 'm', number: 'N1' }, { actId: 'act', sha256: 'h1' }),
    entry('declare', { actId: 'act', day: '2026-01-06' }),
    entry('deposit', { memberId: 'm', number: 'N2_ANO' }, { actId: 'refused', sha256: 'h2' }),
    { ...entry('publish', { consultationId: 'two' }), outcome: 'refused' as const, reason: 'OTHER_MEMBER' },
  ];
}

function streamsOf(speakers: Record<string, Kept>): Facts['streams'] {
  const messages = ({ said: own }: Kept) =>
    own.map(({ id, body, streamSeq }) => ({ id, body, streamSeq: streamSeq ?? 0 }));
  return Object.fromEntries(Object.entries(speakers).map(([name, speaker]) => [name, messages(speaker)]));
}

/** One act published and enforceable, one refused by the prefecture; and what was told of them. */
function twoActs() {
  const act = { member: 'm', applied: 1, prefectureActId: '' };
  const acts = [
    { ...act, id: 'act', number: 'N1', sha256: 'h1', envelope: 'v1' },
    { ...act, id: 'refused', number: 'N2_ANO', sha256: 'h2', envelope: 'v2' },
  ].map((one, at) => ({ ...one, status: `ACT_STATUS_${at === 0 ? 'ACKNOWLEDGED' : 'REJECTED'}` }));
  Object.assign(acts[0] ?? {}, { prefectureActId: '021-N1-DE' });
  const telling = (id: string, ...names: string[]) => names.map((name, at) => said(`Act${name}`, id, at + 1));
  const told = [
    ...telling('act', 'Deposited', 'Transmitted', 'LegallyPublished', 'Acknowledged', 'BecameEnforceable'),
    ...telling('refused', 'Deposited', 'Transmitted', 'Rejected'),
  ];
  return { acts, told };
}

/** A journal and the facts that fit it: two consultations, one extended twice and closed, and an agent with a past role. */
function allIsWell(): { journal: Entry[]; facts: Facts } {
  const journal = commands();
  const answered = (service: string) =>
    journal
      .filter(({ outcome, kind }) => outcome === 'accepted' && RPC[kind]?.startsWith(service))
      .map(({ kind, requestId }) => ({ operator: 'bfc', rpc: RPC[kind] ?? '', requestId }));
  const administrators = ['x', 'y'].flatMap((agent) => [
    said('AgentEnrolled', agent, 1, { agentId: agent }),
    said('EntitlementGranted', agent, 2, { entitlementId: `e${agent}` }),
  ]);
  const access = [
    ...administrators,
    said('AgentEnrolled', 'a', 1, { agentId: 'a' }),
    said('EntitlementGranted', 'a', 2, { entitlementId: 'e' }),
    said('EntitlementRevoked', 'a', 3, { role: 'ROLE_READER', revokedAt: time(-1) }),
  ];
  const admitted = said('MemberAdmitted', 'm', 1, { memberId: 'm' });
  const shown = [
    said('ConsultationPublished', 'one', 2),
    said('DeadlineExtended', 'one', 3, { deadline: time(2) }),
    said('DeadlineExtended', 'one', 4, { deadline: time(3) }),
    said('ConsultationClosed', 'one', 5, { cause: 'CLOSING_CAUSE_BUYER' }),
  ];
  const drafted = ['one', 'two'].map((id) => said('ConsultationDrafted', id, 1));
  const entitlements = [
    { entitlement: 'e', agent: 'a', role: 'ROLE_READER', revokedAt: Date.parse(time(-1)) },
    ...['x', 'y'].map((agent) => ({
      entitlement: `e${agent}`,
      agent,
      role: 'ROLE_OPERATOR_ADMINISTRATOR',
      revokedAt: 0,
    })),
  ];
  const rights = () => entitlements.map(({ entitlement, agent, revokedAt }) => ({ entitlement, agent, revokedAt }));
  const kept = (own: Said[], heard: Said[], service: string): Kept => ({
    said: own.map((event, at) => ({ ...event, streamSeq: at + 1 })),
    handled: heard.map(({ id, aggregate, seq }, at) => ({ id, aggregate, seq, at })),
    ...{ parked: 0, answered: answered(service), rights: rights(), agents: ['a', 'x', 'y'] },
  });
  const membership = kept([admitted, ...access], [], 'Membership');
  const procurement = kept([...drafted, ...shown], [admitted, ...access], 'Consultation');
  const library = kept([said('ShelfOpened', 'one', 1), said('ShelfClosed', 'one', 2)], [...access, ...shown], 'Shelf');
  const { acts, told } = twoActs();
  const teletransmission = kept(told, [admitted, ...access], 'Act');
  const shelf = (revision: number, day: number, status = 'OPEN') => ({
    ...{ consultation: 'one', revision, openUntil: Date.parse(time(day)), status: `SHELF_STATUS_${status}` },
  });
  const facts: Facts = {
    membership: { ...membership, members: ['m'], entitlements, enrolled: ['a', 'x', 'y'] },
    procurement: {
      ...{ ...procurement, members: ['m'] },
      consultations: [
        { id: 'one', title: 'One', status: 'CONSULTATION_STATUS_CLOSED', deadline: Date.parse(time(3)) },
        { id: 'two', title: 'Two', status: 'CONSULTATION_STATUS_DRAFT', deadline: Date.parse(time(1)) },
      ],
    },
    library: {
      ...{ ...library, shelves: [shelf(4, 3, 'CLOSED')] },
      states: [shelf(1, 1), shelf(3, 3), shelf(4, 3, 'CLOSED')],
    },
    teletransmission: { ...teletransmission, acts, members: ['m'] },
    ledger: { received: acts.map(({ envelope, number, sha256 }) => ({ envelope, number, sha256 })), inMailboxes: 0 },
    documents: ['bfc h1', 'bfc h2'],
    streams: streamsOf({ membership, procurement, dce_library: library, teletransmission }),
  };
  return { journal, facts };
}

type World = ReturnType<typeof allIsWell>;

/** What is done to a world in which all is well, and words of the objection that must follow. */
const TAMPERED: [string, (world: World) => void, RegExp][] = [
  ['a consultation is lost', ({ facts }) => void facts.procurement.consultations.pop(), /two: has 0 rows/],
  [
    'a command ran twice',
    ({ facts }) =>
      void facts.procurement.consultations.push({ ...first(facts.procurement.consultations), id: 'three' }),
    /three comes from no/,
  ],
  ['a shelf is lost', ({ facts }) => void facts.library.shelves.pop(), /has 0 shelves/],
  ['a shelf is doubled', ({ facts }) => void facts.library.shelves.push(first(facts.library.shelves)), /has 2 shelves/],
  [
    'an event is lost on its way to the shelf',
    ({ facts }) => void first(facts.library.shelves).revision--,
    /revision 3, not 4/,
  ],
  ['an event had two effects', ({ facts }) => void first(facts.library.shelves).revision++, /revision 5, not 4/],
  [
    'two extensions had their effects in the wrong order',
    ({ facts }) => {
      const [opened, extended, closed] = facts.library.states;
      if (opened && extended && closed)
        facts.library.states = [
          opened,
          { ...extended, revision: 2 },
          { ...extended, openUntil: Date.parse(time(2)) },
          closed,
        ];
    },
    /shelf was SHELF_STATUS_OPEN until 2100-01-04.* at revision 2/,
  ],
  ['a shelf went back', ({ facts }) => void facts.library.states.reverse(), /from revision 4 to 3/],
  ['an event is lost in the outbox', ({ facts }) => void facts.procurement.said.splice(3, 1), /extended to .*while/],
  [
    'an accepted extension is unknown to the system',
    ({ journal }) => void journal.push(entry('extend', { consultationId: 'one', deadline: time(9) })),
    /while .*2100-01-10.* were accepted/,
  ],
  [
    'a refused command had its effect',
    ({ journal }) => void Object.assign(journal.find(({ kind }) => kind === 'extend') as Entry, { outcome: 'refused' }),
    /extended to/,
  ],
  [
    'two events bear the same number',
    ({ facts }) => {
      event(facts.procurement, 'DeadlineExtended').seq = 4;
    },
    /has the number 4/,
  ],
  [
    'an event was never sent',
    ({ facts }) => {
      event(facts.procurement, 'ConsultationPublished').streamSeq = null;
    },
    /was never sent/,
  ],
  [
    'two events were sent in the wrong order',
    ({ facts: { procurement, streams } }) => {
      const [one, other] = procurement.said.filter(({ name }) => name === 'DeadlineExtended') as [Said, Said];
      [one.streamSeq, other.streamSeq] = [other.streamSeq, one.streamSeq];
      for (const { id, streamSeq } of [one, other])
        for (const sent of streams.procurement ?? []) if (sent.id === id) sent.streamSeq = streamSeq ?? 0;
    },
    /was sent before the one that precedes it/,
  ],
  [
    'a message is in the stream twice',
    ({ facts }) => void facts.streams.procurement?.push({ ...first(facts.streams.procurement), streamSeq: 99 }),
    /7 messages for 6/,
  ],
  [
    'a message has another body',
    ({ facts }) => {
      first(facts.streams.dce_library ?? []).body = '{"n":1}';
    },
    /another body/,
  ],
  ['a listener missed an event', ({ facts }) => void facts.library.handled.pop(), /is lost/],
  [
    'a listener handled an event twice',
    ({ facts }) => void facts.library.handled.push(first(facts.library.handled)),
    /is there 2 times/,
  ],
  [
    'a listener handled two events in the wrong order',
    ({ facts }) => {
      (facts.library.handled.at(-1) as { at: number }).at = -1;
    },
    /was handled before/,
  ],
  [
    'an event is parked',
    ({ facts }) => {
      facts.procurement.parked = 1;
    },
    /1 events are parked/,
  ],
  [
    'a revocation did not reach a listener',
    ({ facts }) => {
      first(facts.procurement.rights).revokedAt = 0;
    },
    /rights known to procurement/,
  ],
  [
    'a role was taken back twice',
    ({ journal }) => void journal.push(entry('revoke', { agentId: 'a', role: 'ROLE_READER' }, { revokedAt: time(-2) })),
    /revocations: .* is lost/,
  ],
  ['a grant is lost', ({ facts }) => void facts.membership.entitlements.shift(), /entitlements: e is lost/],
  ['an answer was not remembered', ({ facts }) => void facts.membership.answered.pop(), /is remembered 0 times/],
  [
    'a repeated command was answered otherwise',
    ({ journal }) => {
      first(journal).consistent = false;
    },
    /two different answers/,
  ],
  [
    'a command never got an answer',
    ({ journal }) => {
      first(journal).outcome = 'unknown';
    },
    /never got an answer/,
  ],
  ['an act is lost', ({ facts }) => void facts.teletransmission.acts.pop(), /acts: refused is lost/],
  [
    'an act was sent twice',
    ({ facts }) => void facts.ledger.received.push({ ...first(facts.ledger.received), envelope: 'v3' }),
    /envelopes of the prefecture: v3/,
  ],
  ['an act was never sent', ({ facts }) => void facts.ledger.received.pop(), /v2 N2_ANO h2 is lost/],
  [
    'an act was told twice as transmitted',
    ({ facts }) => {
      event(facts.teletransmission, 'ActLegallyPublished').name = 'ActTransmitted';
    },
    /its events are Deposited Transmitted Transmitted/,
  ],
  [
    'an act became enforceable before its acknowledgement',
    ({ facts }) => {
      event(facts.teletransmission, 'ActAcknowledged').seq = 9;
    },
    /enforceable before it was so/,
  ],
  [
    'an answer was acted upon twice',
    ({ facts }) => {
      first(facts.teletransmission.acts).applied = 2;
    },
    /N1: 2 answers were acted upon/,
  ],
  [
    'an act went unanswered',
    ({ facts }) => {
      first(facts.teletransmission.acts).status = 'ACT_STATUS_TRANSMITTED';
    },
    /N1: is ACT_STATUS_TRANSMITTED/,
  ],
  [
    'a message is left in a mailbox',
    ({ facts }) => {
      facts.ledger.inMailboxes = 1;
    },
    /1 messages are left/,
  ],
  [
    'a document is under another operator',
    ({ facts }) => {
      facts.documents[0] = 'idf h1';
    },
    /N1: its document is not kept/,
  ],
  [
    'a document is that of another act',
    ({ facts }) => {
      first(facts.teletransmission.acts).sha256 = 'h2';
    },
    /another document than/,
  ],
  [
    'a publication was accepted twice',
    ({ journal }) => void journal.push(entry('declare', { actId: 'act', day: '2026-01-06' })),
    /accepted 2 times/,
  ],
  [
    'a consultation past its deadline is still open',
    ({ journal, facts }) => {
      const past = new Date(0).toISOString();
      journal.push(
        entry('create', { title: 'Old', deadline: past }, { consultationId: 'old' }),
        entry('publish', { consultationId: 'old' }),
      );
      facts.procurement.said.push(said('ConsultationDrafted', 'old', 1), said('ConsultationPublished', 'old', 2));
    },
    /due is CLOSING_CAUSE_DEADLINE/,
  ],
];

const first = <T>(list: T[]): T => list[0] as T;
const event = (kept: Kept, name: string): Said => kept.said.find((one) => one.name === name) as Said;

describe('the oracle', () => {
  test('has nothing to object to when every command had its one effect, in order', () => {
    const { journal, facts } = allIsWell();
    expect(judge(journal, facts)).toEqual([]);
  });

  test.each(TAMPERED)('objects when %s', (_, tamper, words) => {
    const world = allIsWell();
    tamper(world);
    expect(judge(world.journal, world.facts).join('\n')).toMatch(words);
  });

  test('shares no code with the system', () => {
    const files = readdirSync(import.meta.dirname).filter((file) => /^(oracle.*|facts|journal)\.ts$/.test(file));
    const imports = files
      .filter((file) => !file.endsWith('.test.ts'))
      .flatMap((file) => [...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/ from '([^']+)'/g)])
      .map(([, from = '']) => from);
    expect(
      imports.filter((from) => !/^(node:.*|pg|@nats-io\/.*|\.\/(oracle.*|facts|journal)\.ts)$/.test(from)),
    ).toEqual([]);
  });
});
