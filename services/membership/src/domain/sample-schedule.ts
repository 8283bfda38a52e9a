import type {
  ContributionSchedule,
  OrganizationKind,
  PriceBand,
  ScheduleItem,
  SubscribedService,
} from '@jonction/contracts';
import type { Contributor } from './contribution.ts';

// Schedules and members for tests; all amounts are invented.

export const COMMUNE = 'ORGANIZATION_KIND_COMMUNE' satisfies OrganizationKind;
export const EPCI = 'ORGANIZATION_KIND_EPCI' satisfies OrganizationKind;
export const SIGNATURE = 'SUBSCRIBED_SERVICE_SIGNATURE' satisfies SubscribedService;

export function schedule(more: Partial<ContributionSchedule>): ContributionSchedule {
  const when = { firstYear: 2024, lastYear: 0, firstYearRule: 'FIRST_YEAR_RULE_WHOLE' } as const;
  return { name: 'A schedule', ...when, items: [], coverage: undefined, thirdParties: [], ...more };
}

/** An item by population for communes and groupings, unless another kind is said. */
export function item(
  itemId: string,
  more: {
    bands: PriceBand[];
    vat?: number;
    kind?: 'MEMBERSHIP' | 'BASE_OFFER' | 'A_LA_CARTE';
    services?: SubscribedService[];
    kinds?: OrganizationKind[];
  },
): ScheduleItem {
  const { bands: prices, vat = 0, kind = 'MEMBERSHIP', services = [], kinds = [COMMUNE, EPCI] } = more;
  return {
    ...{ itemId, name: itemId, kind: `SCHEDULE_ITEM_KIND_${kind}`, services, vatBasisPoints: vat },
    tariffs: [{ kinds, basis: 'CONTRIBUTION_BASIS_POPULATION', bands: prices }],
  };
}

/** Bands from their last values (0: no end), with the prices of the first year and of the next ones in cents. */
export function bands(...rows: [number, number, number][]): PriceBand[] {
  return rows.map(([upTo, first, next], at) => ({
    from: at === 0 ? 0n : BigInt(rows[at - 1]?.[0] ?? 0) + 1n,
    upTo: BigInt(upTo),
    firstYearCents: BigInt(first),
    nextYearsCents: BigInt(next),
  }));
}

export function contributor(more: Partial<Contributor>): Contributor {
  return {
    ...{ memberId: 'member', factsOn: '2026-01-01', admittedOn: '2019-05-01', kind: COMMUNE, name: 'Saint-Exemple' },
    ...{ departementCode: '21', municipalPopulation: 900, services: [], groupingMemberId: '' },
    ...more,
  };
}
