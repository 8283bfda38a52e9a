import { writeFileSync } from 'node:fs';
import type { PlatformAddress } from '@jonction/stack';
import {
  DOMAIN,
  inboxOf,
  listPartners,
  type Partner,
  revoked,
  savePartner,
  withCredentials,
} from './partner/account.ts';
import { makeDurables, removeDurables, waitingFor } from './partner/durables.ts';
import { readWish, type Wish } from './partner/wish.ts';
import { asUser, findServers, Mistake, runCommand } from './start/running.ts';

const HELP = `Lets a vendor hear events of one operator, with credentials of its own. The server takes it while it runs.

  npm run -s partner -- create <name> --operator bfc --events procurement[,ShelfOpened…]
                        [--member <id>] [--from first|<instant>] [--out <file.creds>] [--expires 90d] [--dry-run]
  npm run -s partner -- rotate <name> [--now] [--out <file.creds>] [--expires 90d] [--dry-run]
  npm run -s partner -- revoke <name> [--dry-run]
  npm run -s partner -- list [--json]

  --events   a context (its events of today, without what is not public yet) or single events, separated by commas
  --member   only what concerns this member
  --from     where it begins: the first event (when not given), or an instant such as 2026-09-01T00:00:00Z
  --out      the file for the credentials, made for its owner alone; the standard output when not given
  --expires  when they end; rotate before that
  --now      refuses the credentials before these at once; else they work until their end or the next rotate
  --dry-run  says what would be done

revoke closes the partner's connections within a second and takes its durables away. examples/partner-listen shows how to listen.
Uses the servers of the running npm start, or DATABASE_URL, NATS_URL and JONCTION_SECRET.
`;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);

await runCommand(async () => {
  const wish = readWish(process.argv.slice(2));
  if (wish === 'help') return void process.stdout.write(HELP);
  const servers = findServers(process.env);
  const partners = await asUser('system', servers, listPartners);
  const known = partners.find(({ name }) => name === wish.name);
  if (wish.verb === 'list') return list(servers, partners, wish.json);
  if (wish.verb === 'create') return create(servers, wish, known);
  // A revocation that was cut short is finished by another: it takes away what is left.
  if (known && wish.verb === 'revoke') return revoke(servers, wish, known);
  if (!known || known.revokedAt) throw new Mistake(absent(wish.name, known));
  return rotate(servers, wish, known);
});

function absent(name: string, known: Partner | undefined): string {
  if (known) return `${name} was revoked on ${known.revokedAt}: create lets it in again, as if it were new.`;
  return `no partner is called ${name}: npm run partner -- list names them, create makes one.`;
}

async function create(servers: PlatformAddress, wish: Wish, known: Partner | undefined): Promise<void> {
  const { name, operator, memberId, durables, from, days } = wish;
  if (known && !known.revokedAt)
    throw new Mistake(`${name} is a partner already: rotate gives it new credentials, revoke ends it.`);
  if (wish.dryRun) {
    for (const { durable, stream, subjects } of durables)
      tell(
        `would make ${durable} on ${stream}: ${subjects.join(', ')}, from ${from?.toISOString() ?? 'the first event'}`,
      );
    return;
  }
  const subscriptions = await asUser('provisioner', servers, (nats) => makeDurables(nats, durables, from));
  const fresh = { name, operator, memberId, subscriptions, credentials: [], refusedUntil: known?.refusedUntil ?? 0 };
  await give(servers, wish, known, withCredentials(servers.secret, fresh, { days, keepLast: false }));
  for (const { durable, stream, subjects } of subscriptions) tell(`${durable} on ${stream}: ${subjects.join(', ')}`);
  tell(`NATS ${new URL(servers.natsUrl).host}, JetStream domain ${DOMAIN}, inboxes begin with ${inboxOf(name)}`);
}

async function rotate(servers: PlatformAddress, wish: Wish, known: Partner): Promise<void> {
  const given = withCredentials(servers.secret, known, { days: wish.days, keepLast: !wish.now });
  const [last] = known.credentials.slice(-1);
  const until = wish.now ? 'refused from now on' : `good until ${day(last?.expiresAt)} or the next rotate`;
  if (wish.dryRun) return tell(`would give ${wish.name} new credentials; those before them: ${until}`);
  await give(servers, wish, known, given);
  tell(`those before them: ${until}`);
}

/** Saved first, written after: what is on disk works. When it cannot be written, rotate gives others. */
async function give(
  servers: PlatformAddress,
  { name, out }: Wish,
  known: Partner | undefined,
  { partner, creds }: { partner: Partner; creds: string },
): Promise<void> {
  const saved = await asUser('system', servers, (system) => savePartner(system, servers.secret, partner, known));
  if (!saved)
    throw new Mistake(`${name} was changed by somebody else meanwhile: look at it with list, then call again.`);
  if (out) writeFileSync(out, creds, { mode: 0o600, flag: 'wx' });
  else process.stdout.write(creds);
  tell(`credentials of ${name}${out && ` in ${out}`}, good until ${day(partner.credentials.at(-1)?.expiresAt)}`);
}

async function revoke(servers: PlatformAddress, { name, dryRun }: Wish, known: Partner): Promise<void> {
  const durables = known.subscriptions.map(({ durable }) => durable).join(', ');
  if (dryRun) return tell(`would close ${name}'s connections, refuse its credentials and remove ${durables}`);
  if (!known.revokedAt)
    await asUser('system', servers, (system) => savePartner(system, servers.secret, revoked(known)));
  await asUser('provisioner', servers, (nats) => removeDurables(nats, known));
  tell(`${name} is out: its connections are closed, its credentials refused, ${durables} removed`);
}

async function list(servers: PlatformAddress, partners: Partner[], json: boolean): Promise<void> {
  if (partners.length === 0 && !json) console.log('no partner yet: create makes one');
  await asUser('provisioner', servers, async (nats) => {
    for (const partner of partners) {
      const waiting = partner.revokedAt ? 0 : await waitingFor(nats, partner);
      console.log(json ? JSON.stringify({ ...partner, waiting }) : lineOf(partner, waiting));
    }
  });
}

function lineOf({ name, operator, subscriptions, credentials, revokedAt }: Partner, waiting: number): string {
  if (revokedAt) return `${name} (${operator}) revoked on ${revokedAt}`;
  const heard = subscriptions.map(({ durable, subjects }) => `${durable} ${subjects.join(' ')}`).join(', ');
  return `${name} (${operator}) ${heard}; ${waiting} events wait; credentials end on ${day(credentials.at(-1)?.expiresAt)}`;
}

function day(seconds = 0): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10);
}
