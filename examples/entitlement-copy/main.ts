// Keeps a copy of who may do what with an operator, and answers from it: node main.ts [<subject> <right>]
import { existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const { JONCTION_TOKEN = '', MEMBERSHIP = '127.0.0.1:50051', OPERATOR = 'bfc', COPY = 'copy.json' } = process.env;
const [subject, right] = process.argv.slice(2);

type Agent = { subject: string; memberId: string };
type Entitlement = { agentId: string; role: string; rights: string[] };
type Copy = {
  /** Behind the last change that is in this copy. */
  cursor: string;
  agents: Record<string, Agent>;
  entitlements: Record<string, Entitlement>;
  /** What may be done for a member, once something was said of it. */
  members: Record<string, string>;
};
type Message = {
  cursor: string;
  enrolled?: Agent & { agentId: string };
  granted?: Entitlement & { entitlementId: string };
  revoked?: Entitlement & { entitlementId: string };
  member?: { memberId: string; access: string };
  transferred?: Agent & { agentId: string; entitlements: (Entitlement & { entitlementId: string })[] };
};

const EMPTY: Copy = { cursor: '', agents: {}, entitlements: {}, members: {} };
const copy: Copy = existsSync(COPY) ? JSON.parse(readFileSync(COPY, 'utf8')) : structuredClone(EMPTY);

/** The copy and its cursor in one write: in a database they would be rows of one transaction. */
function save(): void {
  const draft = openSync(`${COPY}.new`, 'w', 0o600);
  writeSync(draft, JSON.stringify(copy));
  fsyncSync(draft);
  renameSync(`${COPY}.new`, COPY);
}

/** To act on a message again changes nothing, so it does not matter if the last ones come twice. */
function apply({ cursor, enrolled, granted, revoked, member, transferred }: Message): void {
  if (enrolled) copy.agents[enrolled.agentId] = { subject: enrolled.subject, memberId: enrolled.memberId };
  if (granted) copy.entitlements[granted.entitlementId] = granted;
  if (revoked) delete copy.entitlements[revoked.entitlementId];
  if (member) copy.members[member.memberId] = member.access;
  if (transferred) {
    const { agentId, subject, memberId, entitlements } = transferred;
    // An application of a member is told that an agent left, and no more.
    if (subject === '') delete copy.agents[agentId];
    else copy.agents[agentId] = { subject, memberId };
    for (const one of entitlements) copy.entitlements[one.entitlementId] = one;
  }
  copy.cursor = cursor;
}

function may(who: string, what: string): boolean {
  return Object.values(copy.entitlements).some(({ agentId, rights }) => {
    const agent = copy.agents[agentId];
    const closed = copy.members[agent?.memberId ?? ''] === 'MEMBER_ACCESS_CLOSED';
    return agent?.subject === who && rights.includes(what) && !closed;
  });
}

const contracts = new protobuf.Root();
contracts.resolvePath = (_, file) => join(import.meta.dirname, '../../proto', file);
contracts.loadSync('jonction/membership/v1/identity.proto');
const name = 'jonction.membership.v1.IdentityService';
const [Request, Response] = ['Request', 'Response'].map((kind) =>
  contracts.lookupType(`jonction.membership.v1.WatchEntitlements${kind}`),
) as [protobuf.Type, protobuf.Type];
const client = new grpc.Client(MEMBERSHIP, grpc.credentials.createInsecure());

/** Takes all that is new; with `follow` also what comes, for five minutes at most. */
async function watch(follow: boolean): Promise<void> {
  const who = new grpc.Metadata();
  who.set('authorization', `Bearer ${JONCTION_TOKEN}`);
  who.set('jonction-operator', OPERATOR);
  const messages = client.makeServerStreamRequest(
    `/${name}/WatchEntitlements`,
    (request: object) => Buffer.from(Request.encode(request).finish()),
    (bytes: Buffer) => Response.toObject(Response.decode(bytes), { enums: String, defaults: true }) as Message,
    { cursor: copy.cursor, follow },
    who,
    { deadline: Date.now() + 5 * 60_000 },
  );
  // What came is saved when nothing more is there at once: a page of changes is one write.
  let unsaved: NodeJS.Immediate | undefined;
  for await (const message of messages) {
    apply(message);
    clearImmediate(unsaved);
    unsaved = setImmediate(save);
  }
  clearImmediate(unsaved);
  save();
}

/** As long as it takes: the base may be away, and this program too. */
async function keepUp(follow: boolean): Promise<void> {
  for (;;) {
    try {
      await watch(follow);
      if (!follow) return;
    } catch (error) {
      const { code, details } = error as grpc.ServiceError;
      // A restore undid what this copy was told last, or we act for another member: only a new copy is true.
      if (details?.startsWith('CURSOR_UNKNOWN')) Object.assign(copy, structuredClone(EMPTY));
      else if (code !== grpc.status.UNAVAILABLE && code !== grpc.status.DEADLINE_EXCEEDED) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

await keepUp(false);
const [agents, entitlements] = [copy.agents, copy.entitlements].map((all) => Object.keys(all).length);
console.log(`${agents} agents, ${entitlements} entitlements`);
if (subject && right) {
  console.log(`${subject} ${may(subject, right) ? 'may' : 'may not'} ${right}`);
  client.close();
} else await keepUp(true);
