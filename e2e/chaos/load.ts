import { setTimeout as pause } from 'node:timers/promises';
import type { Commands } from './commands.ts';
import type { Kind } from './journal.ts';
import { type Random, randomOf } from './random.ts';

const OPERATORS = ['bfc', 'idf'];
const MEMBERS_EACH = 10;
const ROLES = ['ROLE_READER', 'ROLE_MEMBER_ADMINISTRATOR', 'ROLE_BUYER'];
/** Consultations that are worked on at the same time. */
const LIVE = 30;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Buyer {
  operator: string;
  memberId: string;
  subject: string;
}

interface Agent {
  operator: string;
  agentId: string;
  held: Set<string>;
}

interface Live {
  consultationId: string;
  buyer: Buyer;
  /** The first deadline, in milliseconds; the nth extension asks for n minutes more. */
  deadline: number;
  asked: number;
  /** Extensions until its end. */
  wanted: number;
  /** Several extend it at the same time; the others are extended by one at a time. */
  crowded: boolean;
  busy: boolean;
  draft: boolean;
}

/** What the clients share: they work on the same consultations and agents, so that they meet. */
interface World {
  commands: Commands;
  prefix: string;
  drawn: number;
  buyers: Buyer[];
  agents: Agent[];
  live: Live[];
}

export interface LoadOptions {
  seed: number;
  /** Concurrent clients. */
  clients: number;
  /** Asked before each action. */
  enough: () => boolean;
}

/** Admits members and enrols their agents. Resolves when procurement has heard of all of them. */
export async function prepareLoad(commands: Commands, seed: number): Promise<World> {
  const world: World = { commands, prefix: `chaos-${seed}`, drawn: 0, buyers: [], agents: [], live: [] };
  const random = randomOf(seed, 'members');
  const each = OPERATORS.flatMap((operator) => Array.from({ length: MEMBERS_EACH }, () => operator));
  await Promise.all(each.map((operator) => prepareMember(world, operator, random)));
  await Promise.all(world.buyers.map((buyer) => startLive(world, buyer, random)));
  return world;
}

async function prepareMember(world: World, operator: string, random: Random): Promise<void> {
  const { memberId = '' } = await sure(
    world,
    { operator, kind: 'admit', asked: { name: named(world, 'Commune') } },
    random,
  );
  const subject = named(world, 'buyer');
  const { agentId = '' } = await sure(world, { operator, kind: 'enrol', asked: { memberId, subject } }, random);
  for (const role of ['ROLE_BUYER', 'ROLE_TRANSMITTER'])
    await sure(world, { operator, kind: 'grant', asked: { agentId, role } }, random);
  world.buyers.push({ operator, memberId, subject });
  const other = await sure(
    world,
    { operator, kind: 'enrol', asked: { memberId, subject: named(world, 'agent') } },
    random,
  );
  world.agents.push({ operator, agentId: other.agentId ?? '', held: new Set() });
}

/** Puts the platform under load until `enough` says so. Every client draws from its own stream of numbers. */
export async function runLoad(world: World, { seed, clients, enough }: LoadOptions): Promise<void> {
  const one = async (name: string) => {
    const random = randomOf(seed, name);
    while (!enough()) await act(world, random);
  };
  await Promise.all(Array.from({ length: clients }, (_, at) => one(`client ${at}`)));
}

async function act(world: World, random: Random): Promise<void> {
  const kind = random.next();
  if (kind < 0.12) return changeRole(world, random);
  if (kind < 0.13) return enrolAnother(world, random);
  if (kind < 0.15) return letExpire(world, random);
  if (kind < 0.25) return transmit(world, random);
  const buyer = random.pick(world.buyers);
  if (world.live.length < LIVE && buyer) return startLive(world, buyer, random);
  const live = random.pick(world.live);
  if (!live) return;
  if (live.crowded) return workInCrowd(world, live, random);
  if (live.busy) return pause(1);
  live.busy = true;
  await workAlone(world, live, random);
  live.busy = false;
}

async function changeRole(world: World, random: Random): Promise<void> {
  const agent = random.pick(world.agents);
  const role = random.pick(ROLES);
  if (!agent || !role) return;
  // Two clients may do this at once: the second is refused.
  const kind = agent.held.has(role) ? 'revoke' : 'grant';
  const asked = { agentId: agent.agentId, role };
  const done = await run(world, { operator: agent.operator, kind, asked }, random);
  if (!done) return;
  if (kind === 'grant') agent.held.add(role);
  else agent.held.delete(role);
}

async function enrolAnother(world: World, random: Random): Promise<void> {
  const buyer = random.pick(world.buyers);
  if (!buyer) return;
  const { operator, memberId } = buyer;
  const asked = { memberId, subject: named(world, 'agent') };
  const done = await run(world, { operator, kind: 'enrol', asked }, random);
  if (done?.agentId) world.agents.push({ operator, agentId: done.agentId, held: new Set() });
}

/** A consultation whose deadline comes during the test: a job must close it. Several share a moment. */
async function letExpire(world: World, random: Random): Promise<void> {
  const buyer = random.pick(world.buyers);
  if (!buyer) return;
  const { operator, memberId, subject: by } = buyer;
  const soon = Math.ceil((Date.now() + random.between(8_000, 20_000)) / 2_000) * 2_000;
  const say = (kind: Kind, asked: Record<string, string>) => run(world, { operator, by, kind, asked }, random);
  const done = await say('create', { memberId, title: named(world, 'Short'), deadline: iso(soon) });
  if (!done?.consultationId) return;
  const { consultationId } = done;
  await say('publish', { consultationId });
  if (random.chance(0.5)) await say('extend', { consultationId, deadline: iso(soon + 4_000) });
}

/** Some acts are refused by the prefecture, some answered twice; what is published is said soon, before or after the answer. */
async function transmit(world: World, random: Random): Promise<void> {
  const buyer = random.pick(world.buyers);
  if (!buyer) return;
  const { operator, memberId, subject: by } = buyer;
  const number = `C${++world.drawn}${random.pick(['', '', '', '_BIS', '_ANO'])}`;
  const done = await run(world, { operator, by, kind: 'deposit', asked: { memberId, number } }, random);
  if (!done?.actId || random.chance(0.4)) return;
  await pause(random.between(0, 400));
  const hands = Array.from({ length: random.between(1, 2) }, () =>
    run(world, { operator, by, kind: 'declare', asked: { actId: done.actId ?? '', day: '2026-01-06' } }, random),
  );
  await Promise.all(hands);
}

async function startLive(world: World, buyer: Buyer, random: Random): Promise<void> {
  const { operator, memberId, subject: by } = buyer;
  const deadline = Date.now() + 30 * DAY;
  const asked = { memberId, title: named(world, 'Consultation'), deadline: iso(deadline) };
  const done = await run(world, { operator, by, kind: 'create', asked }, random);
  if (!done?.consultationId) return;
  const crowded = random.chance(0.5);
  const wanted = random.between(1, crowded ? 12 : 5);
  const { consultationId } = done;
  world.live.push({ consultationId, buyer, deadline, asked: 0, wanted, crowded, busy: false, draft: true });
}

async function workAlone(world: World, live: Live, random: Random): Promise<void> {
  if (live.draft) return publish(world, live, random);
  if (live.asked < live.wanted) return extend(world, live, random);
  leave(world, live);
  if (random.chance(0.7)) await say(world, live, random, { kind: 'close' });
}

/** Several at the same time, so that they reach the service in any order and some are refused. */
async function workInCrowd(world: World, live: Live, random: Random): Promise<void> {
  if (live.draft) return publish(world, live, random);
  const hands = Array.from({ length: random.between(2, 4) }, () => extend(world, live, random));
  if (live.asked >= live.wanted) {
    leave(world, live);
    if (random.chance(0.7)) hands.push(say(world, live, random, { kind: 'close' }));
  }
  await Promise.all(hands);
}

async function publish(world: World, live: Live, random: Random): Promise<void> {
  live.draft = false;
  await say(world, live, random, { kind: 'publish' });
}

function extend(world: World, live: Live, random: Random): Promise<void> {
  live.asked++;
  return say(world, live, random, { kind: 'extend', deadline: iso(live.deadline + live.asked * MINUTE) });
}

function leave(world: World, live: Live): void {
  world.live = world.live.filter((one) => one !== live);
}

async function say(
  world: World,
  { consultationId, buyer }: Live,
  random: Random,
  { kind, deadline }: { kind: Kind; deadline?: string },
): Promise<void> {
  const asked = { consultationId, ...(deadline ? { deadline } : {}) };
  await run(world, { operator: buyer.operator, by: buyer.subject, kind, asked }, random);
}

type Wish = { operator: string; kind: Kind; asked: Record<string, string>; by?: string };

/** Without `by` the operator's administrator asks. */
function run(world: World, wish: Wish, random: Random, mayGiveUp = true) {
  const by = wish.by ?? `${wish.operator}-admin`;
  const requestId = `${world.prefix}-${++world.drawn}`;
  return world.commands.run({ ...wish, by, requestId }, random, mayGiveUp);
}

/** As `run`, for what the load cannot do without. Throws when it is refused. */
async function sure(world: World, wish: Wish, random: Random): Promise<Record<string, string>> {
  const done = await run(world, wish, random, false);
  if (done) return done;
  throw new Error(`the load cannot be prepared: ${wish.kind} for ${wish.operator} was refused; the journal says why`);
}

const named = (world: World, what: string): string => `${what} ${world.prefix} ${++world.drawn}`;
const iso = (ms: number): string => new Date(ms).toISOString();
