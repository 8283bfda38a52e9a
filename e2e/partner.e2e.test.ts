import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimsOf, keyOf, newUserKey, seedOf, sign } from '@jonction/stack';
import { eventually, type TestNats, testNats } from '@jonction/testing';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { listPartners, type Partner, revoked, savePartner, withCredentials } from '../scripts/partner/account.ts';
import { provisionPartners } from '../scripts/partner/provision.ts';
import { asUser } from '../scripts/start/running.ts';
import { asPartner, makePartner, partnerCommand, storeEvents } from './partners.ts';

const BFC = ['--operator', 'bfc', '--events', 'procurement'];
const parts = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), 'jonction-partner-'));
let nats: TestNats;
let servers: { adminUrl: string; natsUrl: string; secret: string };

beforeAll(async () => {
  nats = parts.use(await testNats());
  servers = { adminUrl: '', natsUrl: nats.url, secret: inject('secret') };
});
afterAll(async () => {
  await parts.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
});

async function partnerNamed(name: string): Promise<Partner> {
  const found = (await asUser('system', servers, listPartners)).find((partner) => partner.name === name);
  if (!found) throw new Error(`no partner ${name}`);
  return found;
}

/** The aggregates of what waits on a durable, all acknowledged. */
async function waiting(connection: NatsConnection, durable: string, count: number): Promise<(string | undefined)[]> {
  const consumer = await jetstream(connection, { domain: 'jonction' }).consumers.get('procurement', durable);
  const got: (string | undefined)[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: 5_000 })) {
    got.push(message.headers?.get('ce-subject'));
    await message.ackAck();
  }
  return got;
}

test('a revoked partner is cut off within a second, and comes in no more, after a restart of the server either', async () => {
  const creds = await makePartner(nats, 'gone', ...BFC);
  const open = await asPartner(nats, creds, 'gone');
  const gone = await partnerNamed('gone');
  await asUser('system', servers, async (system) => {
    const at = performance.now();
    await savePartner(system, servers.secret, revoked(gone));
    expect(String(await open.closed())).toMatch(/revoked|authorization/i);
    expect(performance.now() - at).toBeLessThan(1_000);
  });
  await expect(asPartner(nats, creds, 'gone')).rejects.toThrow(/authorization/i);
  await nats.kill9();
  await nats.start();
  await expect(asPartner(nats, creds, 'gone')).rejects.toThrow(/authorization/i);
});

test('revoke takes the durables away, says so, and the name can be given anew, not its old credentials', async () => {
  const creds = await makePartner(nats, 'back', ...BFC);
  expect(await partnerCommand(nats, 'revoke', 'back')).toMatchObject({
    code: 0,
    err: expect.stringContaining('back is out'),
  });
  const jsm = await jetstreamManager(await nats.provisioner());
  await expect(jsm.consumers.info('procurement', 'p_back_1')).rejects.toThrow(/not found/);
  expect(await partnerCommand(nats, 'revoke', 'back')).toMatchObject({ code: 0 });
  expect(await partnerCommand(nats, 'rotate', 'back')).toMatchObject({
    code: 2,
    err: expect.stringContaining('was revoked on'),
  });
  const anew = await makePartner(nats, 'back', ...BFC);
  await expect(asPartner(nats, creds, 'back')).rejects.toThrow(/authorization/i);
  await (await asPartner(nats, anew, 'back')).close();
});

test('a revocation that was cut short is finished by the next one', async () => {
  await makePartner(nats, 'half', ...BFC);
  const half = await partnerNamed('half');
  await asUser('system', servers, (system) => savePartner(system, servers.secret, revoked(half)));
  const jsm = await jetstreamManager(await nats.provisioner());
  expect((await jsm.consumers.info('procurement', 'p_half_1')).name).toBe('p_half_1');
  expect(await partnerCommand(nats, 'revoke', 'half')).toMatchObject({ code: 0 });
  await expect(jsm.consumers.info('procurement', 'p_half_1')).rejects.toThrow(/not found/);
});

test('who gives credentials to a partner that was revoked meanwhile gives none: it stays out', async () => {
  const creds = await makePartner(nats, 'raced', ...BFC);
  const read = await partnerNamed('raced');
  expect(await partnerCommand(nats, 'revoke', 'raced')).toMatchObject({ code: 0 });
  const given = withCredentials(servers.secret, read, { days: 1, keepLast: true });
  const saved = asUser('system', servers, (system) => savePartner(system, servers.secret, given.partner, read));
  expect(await saved).toBe(false);
  expect((await partnerNamed('raced')).revokedAt).toBeDefined();
  await expect(asPartner(nats, creds, 'raced')).rejects.toThrow(/authorization/i);
});

test('after rotate the last credentials work beside the new ones, those before them do not; with --now none does', async () => {
  const works = async (creds: string) => {
    const connection = await asPartner(nats, creds, 'turning').catch(() => undefined);
    await connection?.close();
    return connection !== undefined;
  };
  const rotate = async (...options: string[]) => (await partnerCommand(nats, 'rotate', 'turning', ...options)).out;
  const first = await makePartner(nats, 'turning', ...BFC);
  const second = await rotate();
  expect([await works(first), await works(second)]).toEqual([true, true]);
  const third = await rotate();
  expect([await works(first), await works(second), await works(third)]).toEqual([false, true, true]);
  const open = await asPartner(nats, third, 'turning');
  const fourth = await rotate('--now');
  await open.closed();
  expect([await works(second), await works(third), await works(fourth)]).toEqual([false, false, true]);
});

test('a partner and where it stands outlive the server, and a lost stream is heard again from its first event', async () => {
  const provisioner = await nats.provisioner();
  await storeEvents(provisioner, 'procurement', [{ aggregate_id: 'one' }, { aggregate_id: 'two' }]);
  const creds = await makePartner(nats, 'stays', ...BFC);
  const before = await asPartner(nats, creds, 'stays');
  expect(await waiting(before, 'p_stays_1', 1)).toEqual(['one']);
  await nats.kill9();
  await nats.start();
  const after = parts.adopt(await asPartner(nats, creds, 'stays'), (connection) => connection.close());
  // An acknowledgement is on disk a moment after it was given: killed in between, the server delivers once more.
  const heard = await waiting(after, 'p_stays_1', 1);
  if (heard[0] === 'one') heard.splice(0, 1, ...(await waiting(after, 'p_stays_1', 1)));
  expect(heard).toEqual(['two']);

  const again = await nats.provisioner();
  const jsm = await jetstreamManager(again);
  await jsm.streams.delete('procurement');
  await nats.provision();
  const said: string[] = [];
  await provisionPartners(servers, (line) => said.push(line));
  expect(said.join()).toContain('p_stays_1');
  await storeEvents(again, 'procurement', [{ aggregate_id: 'one' }, { aggregate_id: 'two' }]);
  expect(await waiting(after, 'p_stays_1', 2)).toEqual(['one', 'two']);
  await provisionPartners(servers, (line) => said.push(line));
  expect(said.at(-1)).toBe('partners: up to date');
});

test('from an instant, a partner hears what was stored then and later', async () => {
  const provisioner = await nats.provisioner();
  await storeEvents(provisioner, 'procurement', [{ aggregate_id: 'before' }]);
  const instant = await eventually(() => {
    const now = new Date();
    expect(now.getTime() % 1_000).toBeLessThan(990);
    return new Date(now.getTime() + 1).toISOString();
  });
  await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(instant)));
  await storeEvents(provisioner, 'procurement', [{ aggregate_id: 'after' }, { aggregate_id: 'later' }]);
  const creds = await makePartner(nats, 'late', ...BFC, '--from', instant);
  const connection = parts.adopt(await asPartner(nats, creds, 'late'), (one) => one.close());
  expect(await waiting(connection, 'p_late_1', 2)).toEqual(['after', 'later']);
  const { last_seq } = (await (await jetstreamManager(provisioner)).streams.info('procurement')).state;
  expect((await partnerNamed('late')).subscriptions[0]?.fromSeq).toBe(last_seq - 1);
});

test('one event type, and one member, are all that a partner of these hears', async () => {
  const provisioner = await nats.provisioner();
  const narrow = ['--operator', 'bfc', '--events', 'ConsultationClosed,ConsultationPublished', '--member', 'm-1'];
  const creds = await makePartner(nats, 'narrow', ...narrow, '--from', new Date().toISOString());
  await storeEvents(provisioner, 'procurement', [
    { aggregate_id: 'another member', member_id: 'm-2' },
    { aggregate_id: 'another event', member_id: 'm-1', type: 'jonction.procurement.v1.ConsultationDrafted' },
    { aggregate_id: 'this', member_id: 'm-1' },
    { aggregate_id: 'that', member_id: 'm-1', type: 'jonction.procurement.v1.ConsultationClosed' },
  ]);
  const connection = parts.adopt(await asPartner(nats, creds, 'narrow'), (one) => one.close());
  expect(await waiting(connection, 'p_narrow_1', 2)).toEqual(['this', 'that']);
});

test('nobody signs credentials but the platform: not a partner with its own key, nor for another account', async () => {
  const creds = await makePartner(nats, 'forger', ...BFC);
  const jwt = /JWT-----\n(.*)\n/.exec(creds)?.[1] ?? '';
  const own = claimsOf(jwt);
  const key = newUserKey();
  const file = (text: string) =>
    creds.replace(jwt, text).replace(/(SEED-----\n).*\n/, (_, before) => `${before}${seedOf(key)}\n`);
  const claims = { name: 'forger', sub: key.getPublicKey(), nats: own.nats };
  await expect(asPartner(nats, file(sign(key, claims)), 'forger')).rejects.toThrow(/authorization/i);
  // The signing key of one partner signs nothing for another, and gives no more than its account has.
  await makePartner(nats, 'victim', ...BFC);
  const signer = keyOf('account', servers.secret, 'partner forger users');
  const victim = keyOf('account', servers.secret, 'partner victim').getPublicKey();
  const forVictim = sign(signer, { ...claims, nats: { type: 'user', issuer_account: victim } });
  await expect(asPartner(nats, file(forVictim), 'forger')).rejects.toThrow(/authorization/i);
  const wider = sign(signer, { ...claims, nats: { ...own.nats, pub: { allow: ['>'] }, sub: { allow: ['>'] } } });
  await expect(asPartner(nats, file(wider), 'forger')).rejects.toThrow(/authorization/i);
});

test('the command says in one sentence what is wrong, and with --dry-run does nothing', async () => {
  expect(await partnerCommand(nats, 'revoke', 'nobody')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/^no partner is called nobody: [^\n]*\n$/),
  });
  const dry = await partnerCommand(nats, 'create', 'new', ...BFC, '--dry-run');
  expect(dry).toMatchObject({ code: 0, out: '', err: expect.stringContaining('would make p_new_1 on procurement') });
  await expect(partnerNamed('new')).rejects.toThrow('no partner');
});

test('the credentials go into a file for its owner alone, and list says who hears what, without any secret', async () => {
  const out = join(folder, 'listed.creds');
  const { code } = await partnerCommand(nats, 'create', 'listed', ...BFC, '--out', out, '--expires', '30d');
  expect(code).toBe(0);
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const creds = readFileSync(out, 'utf8');
  const { exp = 0, iat = 0 } = claimsOf(/JWT-----\n(.*)\n/.exec(creds)?.[1] ?? '');
  expect(exp - iat).toBe(30 * 86_400);
  const listed = await partnerCommand(nats, 'list');
  expect(listed.out).toMatch(
    /^listed \(bfc\) p_listed_1 evt\.procurement\.v1\.ConsultationClosed\.bfc\.\*,? .*; \d+ events wait; /m,
  );
  const json = (await partnerCommand(nats, 'list', '--json')).out.trim().split('\n');
  expect(json.map((line) => JSON.parse(line).name)).toContain('listed');
  expect(json.join()).not.toContain(/SEED-----\n(.*)\n/.exec(creds)?.[1]);
  expect(await partnerCommand(nats, 'create', 'listed', ...BFC)).toMatchObject({
    code: 2,
    err: expect.stringContaining('is a partner already'),
  });
});
