import type { ActRow, Facts, Said } from './facts.ts';
import type { Entry } from './journal.ts';
import { sameSet } from './oracle-membership.ts';

type Object = (what: string) => void;

/** Every accepted deposit is one act, sent once, answered once, with its document; and declared published at most once. */
export function judgeActs(journal: Entry[], { teletransmission, ledger, documents }: Facts): string[] {
  const objections: string[] = [];
  const accepted = (kind: Entry['kind']) => journal.filter((one) => one.kind === kind && one.outcome === 'accepted');
  const deposits = accepted('deposit');
  const { acts } = teletransmission;
  sameSet(
    'acts',
    acts.map(({ id }) => id),
    deposits.map(({ given }) => given.actId ?? ''),
    (what) => void objections.push(what),
  );
  const events = Map.groupBy(teletransmission.said, ({ aggregate }) => aggregate);
  const known = new Set(acts.map(({ id }) => id));
  for (const id of events.keys())
    if (!known.has(id)) objections.push(`an event tells of act ${id}, which is not there`);
  const byId = new Map(deposits.map((deposit) => [deposit.given.actId, deposit]));
  const declared = Map.groupBy(accepted('declare'), ({ asked }) => asked.actId ?? '');
  for (const row of acts) {
    const object = (what: string) => void objections.push(`act ${row.number}: ${what}`);
    const deposit = byId.get(row.id);
    if (deposit) judgeDocument(row, deposit, documents, object);
    const due = { refused: row.number.endsWith('_ANO'), publications: declared.get(row.id)?.length ?? 0 };
    judgeEvents(events.get(row.id) ?? [], due, object);
  }
  return [...objections, ...judgePrefecture(acts, ledger)];
}

function judgeDocument(row: ActRow, { operator, asked, given }: Entry, documents: string[], object: Object): void {
  if (row.number !== asked.number || row.member !== asked.memberId) object('has the number or the member of another');
  if (row.sha256 !== given.sha256) object('names another document than the one that was sent');
  if (!documents.includes(`${operator} ${given.sha256}`)) object('its document is not kept whole under its operator');
}

/** Deposited, sent, answered, in this order; published between whatever it likes; enforceable once both are known. */
function judgeEvents(said: Said[], due: { refused: boolean; publications: number }, object: Object): void {
  const names = said.toSorted((a, b) => a.seq - b.seq).map(({ name }) => name.replace('Act', ''));
  const way = names.filter((name) => !['LegallyPublished', 'BecameEnforceable'].includes(name)).join(' ');
  const wanted = `Deposited Transmitted ${due.refused ? 'Rejected' : 'Acknowledged'}`;
  if (way !== wanted) object(`its events are ${names.join(' ')}, not ${wanted}`);
  const times = (name: string) => names.filter((one) => one === name).length;
  if (due.publications > 1) object(`its publication was accepted ${due.publications} times`);
  if (times('LegallyPublished') !== due.publications)
    object(`published ${times('LegallyPublished')} times for ${due.publications} accepted`);
  const enforceable = !due.refused && due.publications > 0 ? 1 : 0;
  if (times('BecameEnforceable') !== enforceable)
    object(`became enforceable ${times('BecameEnforceable')} times, not ${enforceable}`);
  if (enforceable && names.at(-1) !== 'BecameEnforceable') object('became enforceable before it was so');
}

/** The prefecture received every act once, and every answer was acted upon once and taken out of its mailbox. */
function judgePrefecture(acts: ActRow[], { received, inMailboxes }: Facts['ledger']): string[] {
  const objections: string[] = [];
  sameSet(
    'envelopes of the prefecture',
    received.map(({ envelope, number, sha256 }) => `${envelope} ${number} ${sha256}`),
    acts.map(({ envelope, number, sha256 }) => `${envelope} ${number} ${sha256}`),
    (what) => void objections.push(what),
  );
  if (inMailboxes !== 0) objections.push(`${inMailboxes} messages are left in the mailboxes`);
  for (const { number, status, applied, prefectureActId } of acts) {
    const due = number.endsWith('_ANO') ? 'ACT_STATUS_REJECTED' : 'ACT_STATUS_ACKNOWLEDGED';
    if (status !== due) objections.push(`act ${number}: is ${status}, not ${due}`);
    if (applied !== 1) objections.push(`act ${number}: ${applied} answers were acted upon`);
    if (due === 'ACT_STATUS_ACKNOWLEDGED' && !prefectureActId.includes(`-${number}-`))
      objections.push(`act ${number}: was given the id ${prefectureActId}`);
  }
  return objections;
}
