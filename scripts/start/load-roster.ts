import { type AdmitMembersRequest, MembershipServiceDefinition, OrganizationKind } from '@jonction/contracts';
import { connectTo } from '@jonction/service';
import { type RosterEntry, roster } from '../roster.ts';

export interface Caller {
  address: string;
  tokenFor(subject: string): Promise<string>;
}

/** Admits the organisations of the roster that are no members yet. Returns how many members there are, and how many are new. */
export async function loadRoster({ address, tokenFor }: Caller): Promise<{ members: number; admitted: number }> {
  const entries = Map.groupBy(roster(), (entry) => entry.operator);
  let members = 0;
  let admitted = 0;
  for (const [operator, wanted] of entries) {
    const token = await tokenFor(`${operator}-admin`);
    using membership = connectTo(MembershipServiceDefinition, address, { token, operator, deadlineMs: 120_000 });
    const { totalSize } = await membership.listMembers({ pageSize: 1 });
    members += Math.max(totalSize, wanted.length);
    // Those that are there already are answered from the first time: nothing is admitted twice.
    if (totalSize >= wanted.length) continue;
    for await (const { requestId, outcome } of membership.admitMembers(requests(wanted))) {
      if (outcome?.$case !== 'admitted')
        throw new Error(`the roster's ${requestId} was refused: ${outcome?.value.messageEn}`);
      admitted++;
    }
  }
  return { members, admitted };
}

async function* requests(entries: RosterEntry[]): AsyncGenerator<AdmitMembersRequest> {
  for (const entry of entries) {
    const codes = [
      ['IDENTIFIER_SCHEME_SIREN', entry.siren],
      ['IDENTIFIER_SCHEME_INSEE', entry.inseeCode],
    ] as const;
    yield {
      member: {
        requestId: entry.memberId,
        memberId: entry.memberId,
        organizationId: entry.organizationId,
        kind: OrganizationKind[`ORGANIZATION_KIND_${entry.kind}`],
        name: entry.name,
        departementCode: entry.departementCode,
        identifiers: codes
          .filter(([, value]) => value !== '')
          .map(([scheme, value]) => ({ scheme, value, validFrom: '', validUntil: '' })),
        municipalPopulation: entry.municipalPopulation ?? 0,
        admittedOn: entry.admittedOn,
      },
    };
  }
}
