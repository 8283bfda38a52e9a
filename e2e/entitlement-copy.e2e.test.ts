import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@jonction/stack';
import { enrol, eventually, requestId, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

const FOLDER = join(ROOT, 'examples/entitlement-copy');
const MAIN = join(FOLDER, 'main.ts');

/** What its README says that it prints. */
function promised(): string {
  return /```text\n(.*?)```/s.exec(readFileSync(join(FOLDER, 'README.md'), 'utf8'))?.[1] ?? '';
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

test('the copy prints what its README says, goes on where it was when it or the base is killed, and ends with what the base holds', async () => {
  await using parts = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'jonction-copy-'));
  parts.defer(() => rmSync(folder, { recursive: true, force: true }));
  const platform = parts.use(await testPlatform({ services: ['membership'], processes: true }));
  const { memberId, agentId } = await enrol(platform, { subject: 'buyer-21231' });
  const { membership } = await platform.as('bfc-admin');
  const file = join(folder, 'copy.json');
  const env = {
    ...process.env,
    JONCTION_TOKEN: await platform.issuer.sign({ subject: 'bfc-admin' }),
    MEMBERSHIP: platform.address('membership'),
    COPY: file,
  };
  const ask = async (right: string) =>
    (await promisify(execFile)(process.execPath, [MAIN, 'buyer-21231', right], { env })).stdout;
  expect(await ask('procurement.publish')).toBe(promised());
  expect(await ask('membership.admit')).toContain('buyer-21231 may not membership.admit');

  const held = () => {
    const { entitlements } = JSON.parse(readFileSync(file, 'utf8')) as { entitlements: Record<string, unknown> };
    return Object.keys(entitlements).toSorted();
  };
  const base = async () => {
    const rows = await platform.databases.membership?.query<{ id: string }>(
      `select entitlement_id as id from entitlement where operator = 'bfc' and revoked_at is null order by 1`,
    );
    return rows?.map(({ id }) => id);
  };
  const follow = () => {
    const child = spawn(process.execPath, [MAIN], { env, stdio: 'ignore' });
    parts.defer(() => killed(child));
    return child;
  };
  const first = follow();
  const enrolMany = (from: number) =>
    Promise.all(
      Array.from({ length: 50 }, async (_, nth) => {
        const subject = `copied-${from + nth}`;
        const asked = { requestId: requestId(), memberId, subject, displayName: 'Agent of a test' };
        const { agent } = await membership.enrolAgent(asked);
        const role = { agentId: agent?.agentId ?? '', role: 'ROLE_READER' as const };
        await membership.grantEntitlement({ requestId: requestId(), ...role });
        if (nth % 2) await membership.revokeEntitlement({ requestId: requestId(), ...role });
      }),
    );
  await enrolMany(0);
  await eventually(async () => expect(held()).toEqual(await base()));

  await platform.processes.membership?.kill9();
  await platform.processes.membership?.start();
  await enrolMany(50);
  await eventually(async () => expect(held()).toEqual(await base()), { withinMs: 20_000 });
  expect(first.exitCode).toBeNull();

  await killed(first);
  await membership.revokeEntitlement({ requestId: requestId(), agentId, role: 'ROLE_BUYER' });
  await enrolMany(100);
  follow();
  await eventually(async () => expect(held()).toEqual(await base()), { withinMs: 20_000 });
  expect(await ask('procurement.publish')).toContain('buyer-21231 may not procurement.publish');
}, 180_000);
