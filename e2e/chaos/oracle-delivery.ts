import type { Facts, Handled, Kept, Message, Said } from './facts.ts';
import { sameSet } from './oracle-membership.ts';

const ACCESS = ['AgentEnrolled', 'EntitlementGranted', 'EntitlementRevoked'];
const SHOWN = ['ConsultationPublished', 'DeadlineExtended', 'ConsultationClosed'];

/** Every event is in its stream once, in order, and each listener handled all that concerns it, once, in order. */
export function judgeDelivery({ membership, procurement, library, teletransmission, streams }: Facts): string[] {
  const objections: string[] = [];
  const speakers: [string, Kept][] = [
    ['membership', membership],
    ['procurement', procurement],
    ['dce_library', library],
    ['teletransmission', teletransmission],
  ];
  for (const [name, { said, parked }] of speakers) {
    const object = (what: string) => void objections.push(`${name}: ${what}`);
    judgeNumbers(said, object);
    judgeStream(said, streams[name] ?? [], object);
    if (parked > 0) object(`${parked} events are parked`);
  }
  const about = ({ said }: Kept, names: string[]) => said.filter(({ name }) => names.includes(name));
  const heard: [string, Handled[], Said[]][] = [
    ['membership', membership.handled, []],
    ['procurement', procurement.handled, about(membership, [...ACCESS, 'MemberAdmitted'])],
    ['dce_library', library.handled, [...about(membership, ACCESS), ...about(procurement, SHOWN)]],
    ['teletransmission', teletransmission.handled, about(membership, [...ACCESS, 'MemberAdmitted'])],
  ];
  for (const [name, handled, due] of heard)
    judgeInbox(handled, due, (what) => void objections.push(`${name}: ${what}`));
  return objections;
}

type Object = (what: string) => void;

/** The events of each aggregate are numbered from 1 without gap, and went to the stream in that order. */
function judgeNumbers(said: Said[], object: Object): void {
  for (const [aggregate, events] of Map.groupBy(said, (one) => `${one.operator} ${one.aggregate}`)) {
    events.sort((a, b) => a.seq - b.seq);
    let before = 0;
    for (const [at, { seq, streamSeq }] of events.entries()) {
      if (seq !== at + 1) object(`event ${at + 1} of ${aggregate} has the number ${seq}`);
      if (streamSeq === null) object(`event ${seq} of ${aggregate} was never sent`);
      else if (streamSeq <= before) object(`event ${seq} of ${aggregate} was sent before the one that precedes it`);
      before = streamSeq ?? before;
    }
  }
}

/** The stream holds what the outbox says, at the place it says, and nothing else. */
function judgeStream(said: Said[], stream: Message[], object: Object): void {
  if (stream.length !== said.length) object(`the stream has ${stream.length} messages for ${said.length} events`);
  sameSet(
    'messages',
    stream.map(({ id }) => id),
    said.map(({ id }) => id),
    object,
  );
  const at = new Map(stream.map((message) => [message.streamSeq, message]));
  for (const { id, streamSeq, body } of said) {
    const message = at.get(streamSeq ?? 0);
    if (message?.id !== id) object(`event ${id} is not at its place ${streamSeq} of the stream`);
    else if (message.body !== body) object(`event ${id} was sent with another body`);
  }
}

/** Once each, and never one before another that precedes it in its aggregate. */
function judgeInbox(handled: Handled[], due: Said[], object: Object): void {
  sameSet(
    'events handled',
    handled.map(({ id }) => id),
    due.map(({ id }) => id),
    object,
  );
  const numbers = new Map(due.map(({ id, seq }) => [id, seq]));
  for (const [aggregate, events] of Map.groupBy(handled, (one) => one.aggregate)) {
    events.sort((a, b) => a.seq - b.seq);
    let before = { seq: 0, at: 0 };
    for (const { id, seq, at } of events) {
      if (numbers.has(id) && numbers.get(id) !== seq) object(`event ${id} was handled as number ${seq}`);
      if (at < before.at) object(`event ${seq} of ${aggregate} was handled before event ${before.seq}`);
      if (before.seq > 0 && seq !== before.seq + 1) object(`event ${seq} of ${aggregate} follows event ${before.seq}`);
      before = { seq, at };
    }
  }
}
