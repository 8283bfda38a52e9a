import type { CommandContext } from '@jonction/commands';
import { type CloseVintageRequest, type CloseVintageResponse, VintageImported } from '@jonction/contracts';
import { record } from '@jonction/events';
import { checkFields } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';

export async function closeVintage(
  em: EntityManager,
  { vintage, changes }: CloseVintageRequest,
  { caller }: CommandContext,
): Promise<CloseVintageResponse> {
  const fields = checkFields();
  fields.expect(vintage >= 1943 && vintage <= 2100, 'vintage', 'must be a year since 1943');
  fields.expect(changes >= 0, 'changes', 'must be a count');
  fields.done();
  const { operator } = caller;
  record(em, VintageImported, { operator, memberId: '', vintageId: `${operator}-${vintage}`, vintage, changes });
  return {};
}
