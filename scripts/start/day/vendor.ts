import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ROOT } from '@jonction/stack';
import type { Partner } from '../../partner/account.ts';
import { OPERATOR, type Scene } from './scene.ts';

const NAME = 'demo';
/** Not the drafts: what a buyer prepares is nobody else's business before it is published. */
const EVENTS = ['ConsultationPublished', 'DeadlineExtended', 'ConsultationClosed'];
const HEARD_WITHIN_MS = 30_000;

/** A vendor, let in on the first day, hears the consultation in a process of its own that knows nothing but its credentials. */
export async function hear({ say, directory, natsUrl }: Scene, consultationId: string): Promise<void> {
  const folder = join(directory, 'partners');
  const creds = join(folder, `${NAME}.creds`);
  if (!existsSync(creds) || !(await isLetIn(directory))) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(creds, { force: true });
    await letIn(directory, creds);
    say(`partner: the vendor ${NAME} was let in, for what ${OPERATOR} publishes: ${creds}`);
  }
  const startedAt = performance.now();
  const heard = await listen({ folder, creds, natsUrl }, consultationId);
  say(
    `partner: the vendor heard ${heard.join(', ')}, ${Math.round(performance.now() - startedAt)} ms after it began to listen`,
  );
}

/** Whether the server still takes the credentials of the file: not once they ended, or the vendor was revoked by hand. */
async function isLetIn(directory: string): Promise<boolean> {
  const { stdout } = await partner(directory, 'list', '--json');
  const partners = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Partner);
  const known = partners.find(({ name }) => name === NAME);
  return known !== undefined && !known.revokedAt && (known.credentials.at(-1)?.expiresAt ?? 0) > Date.now() / 1_000;
}

function partner(directory: string, ...words: string[]): Promise<{ stdout: string }> {
  const env = { ...process.env, DATA_DIR: directory };
  return promisify(execFile)(process.execPath, ['scripts/partner.ts', ...words], { cwd: ROOT, env });
}

/** `npm run partner -- create`; when the server knows the vendor already, and only its file was lost, `rotate`. */
async function letIn(directory: string, creds: string): Promise<void> {
  try {
    await partner(directory, 'create', NAME, '--operator', OPERATOR, '--events', EVENTS.join(), '--out', creds);
  } catch (error) {
    if (!(error as { stderr?: string }).stderr?.includes('is a partner already')) throw error;
    await partner(directory, 'rotate', NAME, '--now', '--out', creds);
  }
}

type Place = { folder: string; creds: string; natsUrl: string };

/** Runs examples/partner-listen until it has told that the consultation was closed; gives what it heard of it. */
async function listen({ folder, creds, natsUrl }: Place, consultationId: string): Promise<string[]> {
  const example = join(ROOT, 'examples/partner-listen/listen.ts');
  const child = spawn(process.execPath, [example, creds, 'procurement', `p_${NAME}_1`], {
    cwd: folder,
    env: { PATH: process.env.PATH, NATS_URL: natsUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: HEARD_WITHIN_MS,
  });
  const exited = once(child, 'exit');
  const heard: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [, event = ''] = new RegExp(`^(\\w+) of ${consultationId},`).exec(line) ?? [];
    if (event) heard.push(event);
    if (event === 'ConsultationClosed') child.kill('SIGTERM');
  }
  await exited;
  if (heard.at(-1) !== 'ConsultationClosed')
    throw new Error(
      `the vendor did not hear that ${consultationId} was closed; it heard ${heard.join(', ') || 'nothing'}`,
    );
  return heard;
}
