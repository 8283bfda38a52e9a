import type { Lot as LotMessage } from '@jonction/contracts';
import type { Lot } from '../domain/lot.ts';

/** A lot as the contract shows it. */
export function lotMessage({ lotNumber, title, cpvCode, placeCodes, reservation, status }: Lot): LotMessage {
  return { lotNumber, title, cpvCode, placeCodes, reservation, status };
}
