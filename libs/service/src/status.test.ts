import { status } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, LocalizedMessage, Status } from '@jonction/contracts';
import { expect, test } from 'vitest';
import { DomainError, refusals } from './refusal.ts';
import { refuse } from './refusals.ts';
import { isConflict, refusalOf, toRefusal, toStatus } from './status.ts';

/** What a caller can read in a status. */
function read(error: unknown) {
  const { code, details, metadata } = toStatus(error, 'membership');
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  const parts = bytes ? Status.decode(bytes as Buffer).details : [];
  const of = <T>(type: { $type: string; decode(bytes: Uint8Array): T }) =>
    parts
      .filter(({ typeUrl }) => typeUrl === `type.googleapis.com/${type.$type}`)
      .map(({ value }) => type.decode(value));
  return { code, details, info: of(ErrorInfo), words: of(LocalizedMessage), bad: of(BadRequest) };
}

test('a refusal reaches the caller with its code, its reason, its facts, its fields, and its words in two languages', () => {
  const refusal = refuse('FIELD_INVALID', { fields: 'title' }, [{ field: 'title', description: 'must not be blank' }]);
  const { code, info, words, bad } = read(refusal);
  expect(code).toBe(status.INVALID_ARGUMENT);
  expect(info).toEqual([{ reason: 'FIELD_INVALID', domain: 'membership.jonction', metadata: { fields: 'title' } }]);
  expect(words.map(({ locale }) => locale)).toEqual(['fr', 'en']);
  for (const { message } of words) expect(message).toContain('title');
  expect(bad[0]?.fieldViolations).toMatchObject([{ field: 'title', description: 'must not be blank' }]);
});

test('a defect reaches the caller as INTERNAL without a word of what happened', () => {
  for (const error of [new Error('the password is xyzzy'), new TypeError('xyzzy'), 'xyzzy', undefined, null]) {
    expect(read(error)).toEqual({ code: status.INTERNAL, details: 'internal error', info: [], words: [], bad: [] });
    expect(JSON.stringify(toRefusal(error))).not.toContain('xyzzy');
  }
});

test('one item of a bulk answer is refused in the same words as the call would be', () => {
  const refusal = refuse('REQUEST_ID_REUSED');
  const { code, info, words } = read(refusal);
  expect(toRefusal(refusal)).toEqual({
    code,
    reason: info[0]?.reason,
    messageFr: words[0]?.message,
    messageEn: words[1]?.message,
    fields: [],
  });
});

test('a constraint that a table of refusals names is that refusal, any other unique one says it exists', () => {
  const refuseHere = refusals({ TAKEN: { kind: 'exists', constraint: 'taken_once', fr: 'Pris.', en: 'Taken.' } });
  const violation = (constraint: string, code = '23505') => Object.assign(new Error('x'), { code, constraint });
  expect(refusalOf(violation('taken_once'))).toEqual(refuseHere('TAKEN'));
  expect(refusalOf(new Error('driver', { cause: violation('taken_once', '23P01') }))?.reason).toBe('TAKEN');
  expect(refusalOf(violation('another_once'))?.reason).toBe('ALREADY_EXISTS');
  expect(refusalOf(violation('taken_once', '23503'))).toBeUndefined();
});

test('a database that is away is no defect and no verdict: the caller may call again', () => {
  for (const code of ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '08006'])
    expect(read(Object.assign(new Error('x'), { code })), code).toMatchObject({
      code: status.UNAVAILABLE,
      info: [{ reason: 'DATABASE_UNAVAILABLE' }],
    });
});

test('a lost race is tried again; a refusal and a defect are not', () => {
  const driver = (code: string, constraint?: string) =>
    new Error('driver', { cause: Object.assign(new Error(), { code, constraint }) });
  for (const error of [
    driver('40001'),
    driver('40P01'),
    driver('23505', 'idempotency_pkey'),
    driver('23505', 'outbox_operator_aggregate_id_seq_key'),
    Object.assign(new Error(), { name: 'OptimisticLockError' }),
  ])
    expect(isConflict(error), String((error.cause as { code?: string })?.code ?? error.name)).toBe(true);
  for (const error of [refuse('NOT_FOUND'), new Error(), driver('23505', 'member_pkey'), undefined])
    expect(isConflict(error)).toBe(false);
});

test('facts fill the words, and what is no fact stays as it is', () => {
  const text = { kind: 'refused', fr: 'Le {day}, {other}.', en: 'On {day}, {other}.' } as const;
  const { message, text: words } = new DomainError('LATE', text, { day: '2026-01-01' });
  expect(words).toEqual({ fr: 'Le 2026-01-01, {other}.', en: 'On 2026-01-01, {other}.' });
  expect(message).toBe(words.en);
});
