import {
  type Identifier,
  type Member,
  type Merge,
  MergeServiceDefinition,
  TerritoryServiceDefinition,
} from '@jonction/contracts';
import type { Client } from '@jonction/contracts/client';
import { checkSiren } from '@jonction/norms';
import { deposit, enrol, eventually, inDays, requestId, type TestPlatform } from '@jonction/testing';

type Merges = Client<typeof MergeServiceDefinition>;

/** The clients of an operator's administrator for what concerns the territory. */
export async function territoryOf(platform: TestPlatform, operator = 'bfc') {
  const how = { token: await platform.issuer.sign({ subject: `${operator}-admin` }), operator };
  return {
    merges: platform.call(MergeServiceDefinition, 'membership', how),
    territory: platform.call(TerritoryServiceDefinition, 'membership', how),
  };
}

/** The day it is for the operators of the tests. */
export const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(new Date());

/** A code as a request gives it. */
export const code = (scheme: 'SIREN' | 'INSEE', value: string): Partial<Identifier> => ({
  scheme: `IDENTIFIER_SCHEME_${scheme}`,
  value,
});

let drawn = 100;
/** Codes that no other body of this run bears: those of a commune, made by their rules. */
export function drawCodes() {
  const insee = `21${++drawn}`;
  const siren = [...Array(10).keys()].map((key) => `21210${drawn}${key}`).find((value) => checkSiren(value).ok) ?? '';
  return { insee, siren };
}

/** A commune with its codes, an agent who buys, and an agent who deposits; known to every service. */
export async function commune(platform: TestPlatform, name: string) {
  const { territory } = await territoryOf(platform);
  const { membership, teletransmission } = await platform.as('bfc-admin');
  const enrolled = await enrol(platform, { name });
  const { memberId, agentId } = enrolled;
  const { insee, siren } = drawCodes();
  for (const value of [code('INSEE', insee), code('SIREN', siren)]) {
    const change = { memberId, effectiveOn: '2020-01-01', change: { $case: 'identifierChange' as const, value } };
    await territory.recordChange({ requestId: requestId(), change });
  }
  await membership.grantEntitlement({ requestId: requestId(), agentId, role: 'ROLE_TRANSMITTER' });
  await eventually(async () => {
    const known = `select from known_member where member_id = $1 and siren = $2`;
    const rights = `select from access_right where agent_id = $1 and 'teletransmission.deposit' = any (rights)`;
    const both = await Promise.all([
      platform.databases.teletransmission?.query(known, [memberId, siren]),
      platform.databases.teletransmission?.query(rights, [agentId]),
    ]);
    if (both.some((rows) => rows?.length === 0)) throw new Error(`${name} is not known to teletransmission yet`);
  });
  return { ...enrolled, insee, siren, acts: teletransmission };
}

export type Commune = Awaited<ReturnType<typeof commune>>;

/** A draft and a published consultation, with its shelf, and an act on its way. */
export async function work(platform: TestPlatform, { memberId, caller, acts }: Commune, deadline = inDays(30)) {
  const draft = async (title: string) =>
    (await caller.procurement.createConsultation({ requestId: requestId(), memberId, title, deadline })).consultation
      ?.consultationId ?? '';
  const draftId = await draft('Toiture');
  const publishedId = await draft('Voirie');
  await caller.procurement.publishConsultation({ requestId: requestId(), consultationId: publishedId });
  const { actId } = await deposit(acts, memberId);
  await eventually(async () => {
    const shelves = await platform.databases['dce-library']?.query('select from shelf where consultation_id = $1', [
      publishedId,
    ]);
    if (shelves?.length !== 1) throw new Error('the shelf is not open yet');
  });
  return { draftId, publishedId, actId };
}

/** Waits until an operation stands where it should. */
export function standing(merges: Merges, mergeId: string, status: Merge['status'], withinMs = 20_000): Promise<Merge> {
  return eventually(
    async () => {
      const { merge } = await merges.getMerge({ mergeId }, { deadlineMs: 2_000 });
      if (merge?.status !== status) throw new Error(`${merge?.status}, waits for ${merge?.waitsFor}`);
      return merge;
    },
    { withinMs, everyMs: 50 },
  );
}

/** The bodies that a code leads to today. */
export async function bodyOf(platform: TestPlatform, scheme: 'SIREN' | 'INSEE', value: string): Promise<Member> {
  const { membership } = await platform.as('bfc-admin');
  const asked = { scheme: `IDENTIFIER_SCHEME_${scheme}` as const, value };
  const { member } = await membership.resolveIdentifier(asked);
  if (!member) throw new Error(`${value} leads nowhere`);
  return member;
}
