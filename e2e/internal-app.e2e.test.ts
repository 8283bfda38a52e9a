import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@jonction/stack';
import { enrol, requestId, type TestPlatform, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

const FOLDER = join(ROOT, 'examples/internal-app');
const NEIGHBOURS = [
  'Hauteville-lès-Dijon',
  'Dijon Métropole',
  'CC de la Plaine Dijonnaise',
  'Sennecey-lès-Dijon',
  'Perrigny-lès-Dijon',
];

/** What its README says that it prints. */
function promised(): string {
  return /```text\n(.*?)```/s.exec(readFileSync(join(FOLDER, 'README.md'), 'utf8'))?.[1] ?? '';
}

/** What it prints as a process of its own, called by the agent `subject`. */
async function printed({ issuer, address }: TestPlatform, subject: string): Promise<string> {
  const env = {
    ...process.env,
    JONCTION_TOKEN: await issuer.sign({ subject }),
    MEMBERSHIP: address('membership'),
    PROCUREMENT: address('procurement'),
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['main.ts', 'order-41'], { cwd: FOLDER, env });
  return stdout + stderr;
}

test('the internal application prints what its README says, and run again publishes nothing more', async () => {
  await using platform = await testPlatform({ services: ['membership', 'procurement'] });
  const { membership } = await platform.as('bfc-admin');
  for (const name of NEIGHBOURS)
    await membership.admitMember({
      requestId: requestId(),
      kind: 'ORGANIZATION_KIND_OTHER',
      name,
      departementCode: '21',
    });
  const { subject, memberId, caller } = await enrol(platform, { name: 'Dijon' });
  expect(await printed(platform, subject)).toBe(promised());
  expect(await printed(platform, subject)).toBe(promised());
  const { consultations } = await caller.procurement.listConsultations({ memberId });
  expect(consultations).toMatchObject([{ title: 'Réfection du préau', status: 'CONSULTATION_STATUS_PUBLISHED' }]);
});
