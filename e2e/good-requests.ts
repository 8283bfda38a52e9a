import { actNumber, deposit, enrol, inDays, requestId, type TestPlatform } from '@jonction/testing';
import { type Field, fill, oneOfEach, valuesOf } from './contract.ts';

/** What a good request can be about. */
export interface Known {
  memberId: string;
  agentId: string;
  consultationId: string;
  actId: string;
}

/** A member, an agent, a consultation and an act of bfc. */
export async function knownOf(platform: TestPlatform): Promise<Known> {
  const { memberId, agentId, caller } = await enrol(platform, { name: 'Agencourt' });
  const asked = { requestId: requestId(), memberId, title: 'Voirie', deadline: inDays(30) };
  const { consultation } = await caller.procurement.createConsultation(asked);
  const { teletransmission } = await platform.as('bfc-admin');
  const { actId } = await deposit(teletransmission, memberId);
  return { memberId, agentId, consultationId: consultation?.consultationId ?? '', actId };
}

/**
 * A request in JSON in which no field is to be corrected; each has a request_id of its own. `but` puts a value in the
 * field at one path, such as `identifiers[0].value`.
 */
export function goodRequest(
  message: string,
  { memberId, agentId, consultationId, actId }: Known,
  but?: { where: string; value: unknown },
): object {
  const values: Record<string, unknown> = {
    request_id: requestId(),
    member_id: memberId,
    agent_id: agentId,
    // Of a list of ids there is one.
    member_ids: memberId,
    predecessor_member_ids: memberId,
    agent_ids: agentId,
    merge_id: memberId,
    consultation_id: consultationId,
    act_id: actId,
    organization_id: '',
    successor_member_id: memberId,
    name: 'Beaune',
    title: 'Voirie',
    subject: requestId(),
    display_name: 'Agent of a test',
    value: '212100010',
    number: actNumber(),
    subject_code: '1.1',
    decided_on: '2026-01-05',
    published_on: '2026-01-06',
    document_sha256: 'a'.repeat(64),
    document_size: '1000',
    deadline: inDays(60).toISOString(),
    effective_on: '2026-01-01',
    vintage: 2026,
    estimate_cents: '5000000',
    reference: 'R-1',
    cpv_code: '45000000',
    place_codes: 'FRC11',
    lot_number: 1,
    duration_months: 12,
    decision_ref: 'D-1',
    supplier_sirets: '35600000000048',
    amount_cents: '100',
    tenders_received: 1,
    on_paper: false,
    dispatched_at: inDays(0).toISOString(),
    query: 'Beaune',
    right: 'membership.read',
    mandate_id: agentId,
    delegation_id: agentId,
    titular_agent_id: agentId,
    order_ref: 'AR-2026-031',
    // Only a subscription has one, and the first kind of step is an application.
    service: 'SUBSCRIBED_SERVICE_UNSPECIFIED',
    ...ofContributions(message, memberId),
  };
  const all = fill(message, (field, where) =>
    where === but?.where ? but.value : (values[field.name] ?? usual(field)),
  );
  return oneOfEach(message, all as Record<string, unknown>, but?.where ?? '');
}

/** What schedules and contributions are made of, each good alone. */
function ofContributions(message: string, memberId: string): Record<string, unknown> {
  return {
    // A simulation has a draft or an id, and there is more to correct in a draft.
    schedule_id: message.endsWith('.SimulateScheduleRequest') ? undefined : memberId,
    ...{ year: 2026, first_year: 2026, years: 3, share_basis_points: 5_000, staff: 12 },
    ...{ item_id: 'adhesion', item_ids: 'adhesion', payer_id: 'val-d-oise', decision_ref: 'AG-2026-03' },
    ...{ departement_codes: '95', member_ids: memberId, due_on: '2999-12-31', settled_on: '2026-01-06' },
  };
}

/** A schedule by which every commune pays ten euros a year, and has every service for them. */
export const flatSchedule = {
  name: 'Ten euros',
  firstYear: 2020,
  items: [
    {
      ...{ itemId: 'adhesion', name: 'Membership', kind: 'SCHEDULE_ITEM_KIND_MEMBERSHIP' as const },
      services: (['PROCUREMENT', 'TELETRANSMISSION', 'DCE_LIBRARY', 'SIGNATURE'] as const).map(
        (name) => `SUBSCRIBED_SERVICE_${name}` as const,
      ),
      tariffs: [
        {
          kinds: ['ORGANIZATION_KIND_COMMUNE' as const],
          basis: 'CONTRIBUTION_BASIS_FLAT' as const,
          bands: [{ firstYearCents: 1_000n, nextYearsCents: 1_000n }],
        },
      ],
    },
  ],
};

function usual({ kind, typeName, repeated }: Field): unknown {
  if (kind === 'enum') return valuesOf(typeName)[1];
  if (typeName === 'google.protobuf.Timestamp') return inDays(60).toISOString();
  return repeated && kind !== 'message' ? [] : undefined;
}
