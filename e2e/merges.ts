import { type Identifier, type Merge, MergeServiceDefinition, TerritoryServiceDefinition } from '@jonction/contracts';
import { enrol, eventually, inDays, requestId, SIRENS, type TestPlatform } from '@jonction/testing';

/** The clients of an operator's administrator for what concerns the territory. */
export async function territoryOf(platform: TestPlatform, operator = 'bfc') {
  const how = { token: await platform.issuer.sign({ subject: `${operator}-admin` }), operator };
  return {
    merges: platform.call(MergeServiceDefinition, 'membership', how),
    territory: platform.call(TerritoryServiceDefinition, 'membership', how),
  };
}

export const today = new Date().toISOString().slice(0, 10);

export const code = (scheme: 'SIREN' | 'INSEE', value: string): Partial<Identifier> => ({
  scheme: `IDENTIFIER_SCHEME_${scheme}`,
  value,
});

/** Waits until an operation stands where it should, or stands still elsewhere. */
export async function standing(
  merges: Awaited<ReturnType<typeof territoryOf>>['merges'],
  mergeId: string,
  status: Merge['status'],
): Promise<Merge> {
  return eventually(
    async () => {
      const { merge } = await merges.getMerge({ mergeId });
      if (merge?.status !== status) throw new Error(`${merge?.status}, waits for ${merge?.waitsFor}`);
      return merge;
    },
    { withinMs: 20_000 },
  );
}

export { enrol, inDays, requestId, SIRENS };
