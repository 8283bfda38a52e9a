import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openCalls } from './calls.ts';
import { type Commands, startCommands } from './commands.ts';
import { type Facts, isQuiet, readFacts, setWitness } from './facts.ts';
import { type Entry, type Journal, openJournal, readJournal } from './journal.ts';
import { type Kill, performKills, planKills } from './killer.ts';
import { prepareLoad, runLoad } from './load.ts';
import { judge } from './oracle.ts';
import { randomOf } from './random.ts';
import { type Servers, startServers, TARGETS } from './servers.ts';

export interface Wanted {
  seed: number;
  /** Accepted commands, at least. */
  commands: number;
  kills: number;
  /** Kills of each target, at least. */
  each: number;
  /** Concurrent clients. */
  clients: number;
}

/** What a campaign did and what the oracle says of it. */
export interface Outcome {
  /** Empty when all is well. */
  objections: string[];
  journal: Entry[];
  facts: Facts;
  summary: Summary;
}

export interface Summary extends Wanted {
  seconds: number;
  accepted: number;
  refused: number;
  /** Sent again after their answer, which had to be the same. */
  repeated: number;
  /** Attempts without a usable answer, by status and reason. */
  failedAttempts: Record<string, number>;
  killed: Record<string, number>;
  killsUnderLoad: number;
  /** Kills while another target was away or coming back. */
  killsTogether: number;
  events: number;
  acts: number;
  objections: number;
  /** Where the logs are, when there is something to object to. */
  folder: string;
}

const QUIET_WITHIN_MS = 180_000;
const TELL_EVERY_MS = 5_000;

/**
 * Puts a platform of its own under load while its parts are killed, waits until nothing is left to do, and asks the
 * oracle. Throws when something does not start again, or when PostgreSQL or NATS cannot be read at the end.
 */
export async function runCampaign(wanted: Wanted, progress: (line: string) => void): Promise<Outcome> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000);
  await using servers = await startServers(progress);
  try {
    await setWitness(servers.adminUrl);
    progress(
      `${seconds()} s: PostgreSQL, nats-server, four services and a simulated prefecture run; logs in ${servers.folder}`,
    );
    const file = join(servers.folder, 'journal.jsonl');
    const journal = openJournal(file);
    using calls = openCalls(servers);
    const commands = startCommands(calls, journal);
    const kills: Kill[] = [];
    const tell = () =>
      `${seconds()} s: ${journal.count('accepted')} accepted, ${journal.count('refused')} refused, ${commands.inFlight()} in flight, ${kills.length}/${wanted.kills} kills`;
    const ticking = setInterval(() => progress(tell()), TELL_EVERY_MS);
    try {
      await killUnderLoad(wanted, { servers, commands, journal, kills });
      progress(`${tell()}; the load ends, what has no answer is asked again`);
      await commands.settle(randomOf(wanted.seed, 'settle'));
      const quiet = await whenQuiet(servers);
      progress(`${tell()}; ${quiet ? 'nothing is left to do' : 'something is still not done'}, the oracle looks`);
    } finally {
      clearInterval(ticking);
    }
    const entries = readJournal(file);
    const facts = await readFacts(servers);
    const objections = [...servers.deaths(), ...judge(entries, facts)];
    if (objections.length > 0) servers.keep();
    const folder = objections.length > 0 ? servers.folder : '';
    const told = {
      ...wanted,
      seconds: seconds(),
      repeated: commands.repeated(),
      folder,
      objections: objections.length,
    };
    const summary = { ...told, ...countsOf({ journal, commands, kills, facts }) };
    return { objections, journal: entries, facts, summary };
  } catch (error) {
    servers.keep();
    throw new Error(`${(error as Error).message} (logs and journal: ${servers.folder})`, { cause: error });
  }
}

interface Campaign {
  servers: Servers;
  commands: Commands;
  journal: Journal;
  kills: Kill[];
}

/** The load goes on until there are both enough commands and enough kills: the length follows. */
async function killUnderLoad({ seed, clients, ...wanted }: Wanted, { servers, commands, journal, kills }: Campaign) {
  const world = await prepareLoad(commands, seed);
  const plan = planKills(randomOf(seed, 'kills'), { ...wanted, over: wanted.commands });
  let killing: 'under way' | 'over' | 'failed' = 'under way';
  const accepted = () => journal.count('accepted');
  const enough = () => killing === 'failed' || (killing === 'over' && accepted() >= wanted.commands);
  const load = { inFlight: commands.inFlight, accepted, deaths: servers.deaths };
  const killed = performKills(plan, servers.targets, load, (kill) => kills.push(kill)).then(
    () => {
      killing = 'over';
    },
    (error) => {
      killing = 'failed';
      throw error;
    },
  );
  const loading = runLoad(world, { seed, clients, enough });
  await Promise.all([killed, loading]);
}

async function whenQuiet(servers: Servers): Promise<boolean> {
  const end = performance.now() + QUIET_WITHIN_MS;
  while (performance.now() < end) {
    if (await isQuiet(servers)) return true;
    await pause(250);
  }
  return false;
}

function countsOf({ journal, commands, kills, facts }: Omit<Campaign, 'servers'> & { facts: Facts }) {
  const { membership, procurement, library, teletransmission } = facts;
  const of = (target: string) => kills.filter((kill) => kill.target === target).length;
  return {
    accepted: journal.count('accepted'),
    refused: journal.count('refused'),
    failedAttempts: commands.failures(),
    killed: Object.fromEntries(TARGETS.map((target) => [target, of(target)])),
    killsUnderLoad: kills.filter(({ inFlight }) => inFlight > 0).length,
    killsTogether: kills.filter(({ alsoAway }) => alsoAway > 0).length,
    events: [membership, procurement, library, teletransmission].reduce((sum, { said }) => sum + said.length, 0),
    acts: teletransmission.acts.length,
  };
}
