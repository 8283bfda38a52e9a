import { type AdmitMembersRequest, MembershipServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import type { Progress } from '@jonction/stack';
import { type RosterEntry, roster } from '../roster.ts';

/** Makes a token for someone, and says where membership answers. */
export type Callers = { tokenOf: (subject: string) => Promise<string>; addressOf: (service: string) => string };

/**
 * Brings the members of the roster into membership, each operator's by its first administrator, unless they are there
 * already. Safe to run again after an interruption: their ids are their request_ids. Throws when one is refused.
 */
export async function loadMembers(callers: Callers, say: Progress): Promise<void> {
  for (const [operator, entries] of Map.groupBy(roster(), (entry) => entry.operator)) {
    const token = await callers.tokenOf(`${operator}-admin`);
    const address = callers.addressOf('membership');
    using membership = connectTo(MembershipServiceDefinition, address, { token, operator, deadlineMs: 120_000 });
    const { totalSize } = await membership.listMembers({ pageSize: 1 });
    if (totalSize >= entries.length) {
      say(`${operator} has ${count(totalSize)} members`);
      continue;
    }
    const startedAt = performance.now();
    let admitted = 0;
    for await (const { requestId, outcome } of membership.admitMembers(admissions(entries))) {
      if (outcome?.$case === 'refusal')
        throw new Error(`member ${requestId} of ${operator} was refused: ${outcome.value.messageEn}`);
      admitted++;
    }
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`${operator} admitted ${count(admitted)} members in ${seconds} s`);
  }
}

async function* admissions(entries: RosterEntry[]): AsyncGenerator<AdmitMembersRequest> {
  for (const entry of entries) yield { member: admissionOf(entry) };
}

/** What admits an entry of the roster; its id is the request_id, so that it joins once. */
export function admissionOf(entry: RosterEntry): NonNullable<AdmitMembersRequest['member']> {
  const { memberId, organizationId, name, departementCode, admittedOn, siren, inseeCode } = entry;
  const code = (scheme: 'SIREN' | 'INSEE', value: string) =>
    value ? [{ scheme: `IDENTIFIER_SCHEME_${scheme}` as const, value, validFrom: '', validUntil: '' }] : [];
  return {
    requestId: memberId,
    memberId,
    organizationId,
    kind: `ORGANIZATION_KIND_${entry.kind}`,
    name,
    departementCode,
    identifiers: [...code('SIREN', siren), ...code('INSEE', inseeCode)],
    municipalPopulation: entry.municipalPopulation ?? 0,
    admittedOn,
  };
}

function count(members: number): string {
  return members.toLocaleString('en-GB');
}
