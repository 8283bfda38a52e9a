import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { actHeader, enrol, eventually, pdf, testPlatform, testPrefecture } from '@jonction/testing';
import { expect, test } from 'vitest';

const MIB = 1024 * 1024;
const LARGEST = 150 * MIB;

test('150 MiB come in and go out to the prefecture, and are never held in memory', async () => {
  await using prefecture = await testPrefecture();
  await using platform = await testPlatform({
    services: ['membership', 'teletransmission'],
    prefectureUrl: prefecture.url,
    processes: true,
  });
  const { memberId, caller } = await enrol(platform, { role: 'ROLE_TRANSMITTER' });
  const acts = caller.teletransmission;
  const send = async (size: number) => {
    const pieces = () => document(size);
    const hash = createHash('sha256');
    for (const piece of pieces()) hash.update(piece);
    const said = { documentSha256: hash.digest('hex'), documentSize: BigInt(size) };
    async function* messages() {
      yield { part: { $case: 'header' as const, value: actHeader(memberId, pdf(), said) } };
      for (const value of pieces()) yield { part: { $case: 'chunk' as const, value } };
    }
    const { act } = await acts.depositAct(messages(), { deadlineMs: 120_000 });
    await eventually(
      async () => {
        const read = await acts.getAct({ actId: act?.actId ?? '' });
        expect(read.act?.status).toBe('ACT_STATUS_ACKNOWLEDGED');
      },
      { withinMs: 30_000, everyMs: 90 },
    );
  };
  const peak = () => peakOf(platform.processes.teletransmission?.pid) / MIB;
  await send(16 * MIB);
  const little = peak();
  await send(LARGEST);
  const first = peak();
  await send(LARGEST);
  expect(first - little, 'the first').toBeLessThan(64);
  expect(peak() - first, 'the second').toBeLessThan(24);
  expect(prefecture.ledger().flatMap(({ envelope }) => envelope?.size ?? [])).toEqual([16 * MIB, LARGEST, LARGEST]);
}, 120_000);

/** A PDF of this size, a piece of 256 KiB at a time. */
function* document(size: number): Generator<Buffer> {
  for (let at = 0; at < size; at += MIB / 4) {
    const piece = Buffer.alloc(Math.min(MIB / 4, size - at), at / 1_000);
    if (at === 0) piece.write('%PDF-1.7\n');
    if (at + piece.length === size) piece.write('\n%%EOF\n', piece.length - 7);
    yield piece;
  }
}

/** The most memory that a process ever held, in bytes. */
function peakOf(pid = 0): number {
  const [, kib = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
