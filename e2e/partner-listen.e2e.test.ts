import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { eventually, type TestNats, testNats } from '@jonction/testing';
import { afterEach, expect, test } from 'vitest';
import { makePartner, partnerCommand, storeEvents } from './partners.ts';

const EXAMPLE = join(ROOT, 'examples/partner-listen');
const CONSULTATION = '0199a3c2-0000-7000-8000-000000000001';
const BFC = ['--operator', 'bfc', '--events', 'procurement'];
const started: ChildProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) await kill(child);
});

/** The example as its README runs it, in a folder of its own. */
function listen(nats: TestNats, folder: string) {
  const child = spawn(process.execPath, [join(EXAMPLE, 'listen.ts'), 'acme.creds', 'procurement', 'p_acme_1'], {
    cwd: folder,
    env: { ...process.env, NATS_URL: nats.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (part) => (texts.out += part));
  child.stderr.setEncoding('utf8').on('data', (part) => (texts.err += part));
  return { child, texts };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

test('the example prints what its README shows, and loses or repeats no effect when it and the server are killed', async () => {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'jonction-listen-'));
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const nats = parts.use(await testNats());
  const creds = await makePartner(nats, 'acme', ...BFC);
  writeFileSync(join(folder, 'acme.creds'), creds, { mode: 0o600 });
  const provisioner = await nats.provisioner();
  await storeEvents(provisioner, 'procurement', [
    ...day('ConsultationDrafted', 1, '2026-09-01T08:00:00Z'),
    { operator: 'idf', aggregate_id: 'of another operator' },
    ...day('ConsultationPublished', 2, '2026-09-02T08:00:00Z'),
    ...day('DeadlineExtended', 3, '2026-09-20T09:30:00Z'),
    ...day('ConsultationClosed', 4, '2026-10-02T12:00:00Z'),
  ]);
  await storeEvents(provisioner, 'membership', [{ type: 'jonction.membership.v1.MemberAdmitted' }]);
  const first = listen(nats, folder);
  const [, shown] = readFileSync(join(EXAMPLE, 'README.md'), 'utf8').match(/```\n(listening;[^`]*)```/) ?? [];
  await eventually(() => expect(first.texts.out).toBe(shown));

  const file = join(folder, 'p_acme_1.jsonl');
  const subjects = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).subject as string);
  const later = Array.from({ length: 300 }, (_, at) => ({ aggregate_id: `later ${at}` }));
  await storeEvents(provisioner, 'procurement', later.slice(0, 100));
  await eventually(() => expect(subjects().length).toBeGreaterThan(5));
  await nats.kill9();
  await nats.start();
  await storeEvents(await nats.provisioner(), 'procurement', later.slice(100, 200));
  // The same process goes on with what is stored after the restart.
  await eventually(() => expect(subjects()).toContain('later 199'), { withinMs: 60_000 });
  expect(first.child.exitCode).toBeNull();

  await storeEvents(await nats.provisioner(), 'procurement', later.slice(200));
  await eventually(() => expect(subjects()).toContain('later 210'));
  await kill(first.child);
  appendFileSync(file, '{"id":"a line that the kill cut sh');
  const second = listen(nats, folder);
  const expected = [CONSULTATION, CONSULTATION, CONSULTATION, ...later.map((one) => one.aggregate_id)].toSorted();
  await eventually(() => expect(subjects().toSorted()).toEqual(expected), { withinMs: 60_000 });

  expect((await partnerCommand(nats, 'revoke', 'acme')).code).toBe(0);
  const code = second.child.exitCode ?? (await new Promise((resolve) => second.child.once('exit', resolve)));
  expect(code).toBe(1);
  expect(second.texts.err).toMatch(/^NATS does not let acme in any more: /);

  // Let in again, it is given everything from the first event on, and has done it all already.
  writeFileSync(join(folder, 'acme.creds'), await makePartner(nats, 'acme', ...BFC));
  const third = listen(nats, folder);
  await eventually(() => expect(third.texts.out).toBe(`listening; ${expected.length} events are known already\n`));
  await eventually(async () => {
    const { out } = await partnerCommand(nats, 'list', '--json');
    expect(JSON.parse(out)).toMatchObject({ name: 'acme', waiting: 0 });
  });
  expect(subjects().toSorted()).toEqual(expected);
});

function day(name: string, seq: number, at: string) {
  const type = `jonction.procurement.v1.${name}`;
  return [{ type, seq, aggregate_id: CONSULTATION, occurred_at: new Date(at) }];
}
