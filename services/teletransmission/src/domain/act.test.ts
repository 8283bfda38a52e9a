import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Act, NUMBER, SUBJECT_CODE } from './act.ts';
import type { Answer } from './answer.ts';

const NOW = new Date('2026-03-10T12:00:00Z');

function act(more: Partial<Act> = {}): Act {
  const blank = {
    transmittedAt: null,
    receivedOn: null,
    prefectureActId: null,
    publishedOn: null,
    enforceableOn: null,
  };
  return Object.assign(new Act(), {
    ...{
      actId: 'a',
      operator: 'bfc',
      memberId: 'm',
      number: 'N1',
      nature: 'ACT_NATURE_DELIBERATION',
      subject: 'Voirie',
    },
    ...{ subjectCode: '1.1', decidedOn: '2026-03-09', documentSha256: 'f', documentSize: 12, envelopeId: 'e' },
    ...{
      status: 'ACT_STATUS_DEPOSITED',
      depositedAt: NOW,
      ...blank,
      anomalyCode: null,
      anomalyDetail: null,
      version: 1,
    },
    ...more,
  });
}

const acknowledgement = (receivedOn = '2026-03-10', prefectureActId = 'id'): Answer => ({
  kind: 'acknowledgement',
  envelopeId: 'e',
  prefectureActId,
  receivedOn,
});
const anomaly = (code = '002'): Answer => ({ kind: 'anomaly', envelopeId: 'e', code, detail: 'Non.' });

test('an act decided today is taken, one decided tomorrow is not, and the day is that of France', () => {
  const lateInParis = new Date('2026-03-10T23:30:00Z');
  expect(act({ decidedOn: '2026-03-11' }).deposit(lateInParis)).toMatchObject({
    decidedOn: '2026-03-11',
    documentSize: 12n,
  });
  expect(() => act({ decidedOn: '2026-03-11' }).deposit(NOW)).toThrow(
    expect.objectContaining({ reason: 'DECISION_IN_FUTURE' }),
  );
});

test('what is said on the bus never tells what the act is about', () => {
  const one = act({ subject: 'Arrêté concernant Mme Canari' });
  const said = [one.deposit(NOW), one.hear(anomaly(), NOW)];
  const text = JSON.stringify(said, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  expect(text).not.toContain('Canari');
  expect(text).not.toContain('Non.');
});

test('an answer that comes before the sending is known proves it', () => {
  const one = act();
  const effect = one.hear(acknowledgement(), NOW);
  expect(effect).toMatchObject({
    outcome: 'APPLIED',
    transmitted: { envelopeId: 'e' },
    acknowledged: { receivedOn: '2026-03-10' },
  });
  expect(one.transmit(NOW)).toBeUndefined();
});

test('the second answer changes nothing, and one that says otherwise is set aside', () => {
  for (const [first, same, other] of [
    [acknowledgement(), acknowledgement(), acknowledgement('2026-03-11')],
    [acknowledgement(), acknowledgement(), anomaly()],
    [anomaly(), anomaly(), anomaly('003')],
    [anomaly(), anomaly(), acknowledgement()],
  ] as const) {
    const one = act();
    one.hear(first, NOW);
    const before = { ...one };
    expect(one.hear(same, NOW)).toEqual({ outcome: 'REPEATED' });
    expect(one.hear(other, NOW)).toEqual({ outcome: 'SET_ASIDE' });
    expect({ ...one }).toEqual(before);
  }
});

test('an act is published once, between its decision and today, unless it was rejected', () => {
  const one = act();
  for (const day of ['2026-03-08', '2026-03-11'])
    expect(() => one.publish(day, NOW)).toThrow(expect.objectContaining({ reason: 'PUBLICATION_DAY_WRONG' }));
  expect(one.publish('2026-03-09', NOW).published).toMatchObject({ publishedOn: '2026-03-09' });
  expect(() => one.publish('2026-03-10', NOW)).toThrow(expect.objectContaining({ reason: 'ALREADY_PUBLISHED' }));
  const rejected = act();
  rejected.hear(anomaly(), NOW);
  expect(() => rejected.publish('2026-03-09', NOW)).toThrow(expect.objectContaining({ reason: 'ACT_REJECTED' }));
});

const day = fc.integer({ min: 1, max: 28 }).map((at) => `2026-02-${String(at).padStart(2, '0')}`);
const step = fc.oneof(
  fc.record({ do: fc.constant('transmit' as const) }),
  fc.record({ do: fc.constant('publish' as const), day }),
  fc.record({
    do: fc.constant('hear' as const),
    answer: fc.oneof(
      day.map((at) => acknowledgement(at)),
      fc.constant(anomaly()),
    ),
  }),
);

test('whatever comes in whatever order: enforceable once, at the later of the two days, and never when rejected', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const one = act({ decidedOn: '2026-02-01' });
      const enforced = steps.flatMap((it) => enforcedBy(one, it) ?? []).map(({ enforceableOn }) => enforceableOn);
      const { status, publishedOn, receivedOn } = one;
      const due = status === 'ACT_STATUS_ACKNOWLEDGED' && publishedOn !== null && receivedOn !== null;
      expect(enforced).toEqual(due ? [[publishedOn, receivedOn].sort()[1]] : []);
      expect(one.enforceableOn).toBe(enforced[0] ?? null);
    }),
  );
});

type Step = { do: 'transmit' } | { do: 'publish'; day: string } | { do: 'hear'; answer: Answer };

/** Takes a step; what may be refused is. */
function enforcedBy(one: Act, it: Step) {
  if (it.do === 'hear') {
    const effect = one.hear(it.answer, NOW);
    return effect.outcome === 'APPLIED' ? effect.enforceable : undefined;
  }
  if (it.do === 'transmit') {
    one.transmit(NOW);
    return undefined;
  }
  try {
    return one.publish(it.day, NOW).enforceable;
  } catch {
    return undefined;
  }
}

test('a number has 1 to 15 capitals, digits and underscores, and no underscore at its ends', () => {
  for (const good of ['A', '7', 'AB', '2026_014', 'A23456789012345', 'A_1']) expect(good, good).toMatch(NUMBER);
  for (const bad of ['', '_A', 'A_', '_', 'a', 'A-1', 'A 1', 'É', 'A234567890123456', 'A\n'])
    expect(bad, bad).not.toMatch(NUMBER);
  fc.assert(
    fc.property(
      fc.stringMatching(NUMBER),
      (text) => text.length >= 1 && text.length <= 15 && !/^_|_$|[^A-Z0-9_]/.test(text),
    ),
  );
});

test('a code of what an act is about has two to five levels', () => {
  for (const good of ['1.1', '7.10', '9.4.1.2.99']) expect(good).toMatch(SUBJECT_CODE);
  for (const bad of ['', '1', '1.', '.1', '0.1', '1.0', '1.100', '1.1.1.1.1.1', '1,1', 'a.b'])
    expect(bad).not.toMatch(SUBJECT_CODE);
});
