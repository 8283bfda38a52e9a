import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { duration } from './layout.ts';
import { publicationSample, sendSample } from './sample-traces.ts';
import { type RunningConsole, startConsole } from './server.ts';

let directory: string;
let running: RunningConsole;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-pages-'));
  running = await startConsole({ port: 0, dataDir: directory });
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function pageAt(path: string): Promise<string> {
  return (await fetch(`${running.url}${path}`)).text();
}

/** The page as its words, without tags. */
function words(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, '').replace(/<[^>]*>/g, '');
}

test('the list says of each trace its name, length, spans, services and errors', async () => {
  expect(await pageAt('/')).toContain('No trace has arrived yet');
  const first = await sendSample(running.url, publicationSample([]));
  const page = await pageAt('/');
  const [row] = page.split('</tr>').filter((part) => part.includes(`/trace/${first.context.traceId}`));
  expect(
    words(row ?? '')
      .trim()
      .split(/\n+/),
  ).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
    'jonction.procurement.v1.Procurement/PublishConsultation',
    '52.0 ms',
    '16',
    'procurement dce-library membership ',
    '1',
  ]);
});

test('the list can be narrowed, and keeps what was asked in its form', async () => {
  await sendSample(running.url, { service: 'observatory', name: 'count "all"', from: 0, to: 1 });
  const page = await pageAt('/?service=observatory&name=%22all');
  expect(page).toContain('<option selected>observatory</option>');
  expect(page).toContain('value="&quot;all"');
  expect(words(page)).toContain('1 trace shown');
  expect(words(await pageAt('/?service=observatory&name=other'))).toContain('No trace fits');
});

test('linked traces lead to each other', async () => {
  const cause = await sendSample(running.url, { service: 'membership', name: 'AdmitMember', from: 0, to: 1 });
  const batch = await sendSample(running.url, { service: 'membership', name: 'relay', from: 2, to: 3, links: [cause] });
  const there = await pageAt(`/trace/${batch.context.traceId}`);
  const back = await pageAt(`/trace/${cause.context.traceId}`);
  expect(there).toContain(`href="/trace/${cause.context.traceId}#s-${cause.context.spanId}"`);
  expect(back).toContain(`href="/trace/${batch.context.traceId}#s-${batch.context.spanId}"`);
  expect(back).toContain(`id="s-${cause.context.spanId}"`);
  expect(words(back)).toContain('linked from 1 span');
});

test('a link to a trace that is gone is said, and leads nowhere', async () => {
  const gone = { context: { traceId: 'e'.repeat(32), spanId: 'e'.repeat(16), traceFlags: 1 } };
  const { context } = await sendSample(running.url, { service: 'a', name: 'b', from: 0, to: 1, links: [gone] });
  const page = await pageAt(`/trace/${context.traceId}`);
  expect(words(page)).toContain('in trace eeeeeeee, which is not held');
  expect(page).not.toContain(`/trace/${gone.context.traceId}`);
});

test('hostile text stays text, wherever it stands', async () => {
  const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;`;
  const { context } = await sendSample(running.url, {
    service: hostile,
    name: hostile,
    from: 0,
    to: 1,
    attributes: { [hostile]: hostile, list: [hostile] },
    error: hostile,
  });
  const pages = [
    await pageAt(`/trace/${context.traceId}`),
    await pageAt('/'),
    await pageAt(`/?name=${encodeURIComponent(hostile)}&service=${encodeURIComponent(hostile)}`),
  ];
  for (const page of pages) {
    expect(page).toContain('&lt;script&gt;alert(1)&lt;');
    expect(page).not.toMatch(/<(script|img)\b/);
    expect(page).not.toContain(`"'>`);
  }
});

test('no page may run a script, load a thing or be framed; the one style sheet is the one that is sent', async () => {
  const response = await fetch(running.url);
  const policy = response.headers.get('content-security-policy') ?? '';
  const page = await response.text();
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
  expect(policy).toContain(`default-src 'none'`);
  expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(policy).toContain(`frame-ancestors 'none'`);
  expect(policy).not.toContain('unsafe');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page).not.toMatch(/<[^>]*\s(style|src)=|https?:\/\//);
  expect(page).toContain('<html lang="en">');
});

test('an unknown trace, address or method gets its own answer', async () => {
  const status = async (path: string, method = 'GET') => (await fetch(`${running.url}${path}`, { method })).status;
  expect(await status(`/trace/${'f'.repeat(32)}`)).toBe(404);
  expect(await status(`/api/traces/${'f'.repeat(32)}`)).toBe(404);
  expect(await status('/trace/short')).toBe(404);
  expect(await status('/elsewhere')).toBe(404);
  expect(await status('/v1/traces')).toBe(405);
  expect(await status('/', 'POST')).toBe(405);
  expect(await status('/', 'HEAD')).toBe(200);
});

test('a web page that calls the console by a name of its own reads nothing', async () => {
  const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const { port } = running;
    request({ host: '127.0.0.1', port, path: '/api/traces', headers: { host: 'evil.example' } }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response) });
    })
      .on('error', reject)
      .end();
  });
  expect(answer).toEqual({ status: 421, body: `Ask for ${running.url}.\n` });
});

test('lengths of time are said as a person says them', () => {
  expect([0n, 420_000n, 12_500_000n, 1_240_000_000n, 123_000_000_000n].map(duration)).toEqual([
    '0.00 ms',
    '0.42 ms',
    '12.5 ms',
    '1.24 s',
    '2 min 3 s',
  ]);
});
