import { ConsultationClosed, ConsultationPublished, ShelfServiceDefinition } from '@jonction/contracts';
import { entitled, heard, inDays, testService } from '@jonction/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { tables } from '../db/tables.ts';
import { rpc } from '../rpc.ts';
import { subscriptions } from '../subscriptions.ts';

const parts = { name: 'dce-library', definition: ShelfServiceDefinition, tables, subscriptions, rpc };
const TITLES = ['Réfection de la toiture', 'Toiture et façade', 'Voirie 100 %', 'Voirie', 'École : façade_nord'];
const BUYERS = ['Agencourt', 'Émagny'];

/** Shelves of two operators, some of them closed. */
async function withShelves() {
  const service = await testService(parts);
  await service.hear(...entitled('bfc-admin', ['dce.read']));
  for (let nth = 0; nth < 30; nth++) {
    const about = { operator: nth % 3 ? 'bfc' : 'idf', memberId: uuidv7(), consultationId: uuidv7() };
    const title = TITLES[nth % TITLES.length] ?? '';
    const buyerName = BUYERS[nth % 2] ?? '';
    await service.hear(
      heard(ConsultationPublished, { ...about, title, buyerName, publishedAt: new Date(), deadline: inDays(9) }),
    );
    if (nth % 4 === 0) await service.hear(heard(ConsultationClosed, { ...about, closedAt: new Date() }, 2));
  }
  return service;
}

const letters = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

test('whatever the words, the filters and the size of the pages, a list gives each shelf that fits once, newest first', async () => {
  await using service = await withShelves();
  const rows = await service.db.query<{
    id: string;
    title: string;
    buyer_name: string;
    status: string;
    operator: string;
  }>('select consultation_id as id, title, buyer_name, status, operator from shelf order by 1 desc');
  const words = fc.array(fc.constantFrom('TOITURE', 'agen', 'émagny', 'facade', '%', '_', '\\', '100', 'zz'), {
    minLength: 1,
    maxLength: 3,
  });
  const filters = fc.record(
    {
      query: words.map((list) => ` ${list.join('  ')}`),
      status: fc.constantFrom('SHELF_STATUS_OPEN', 'SHELF_STATUS_CLOSED'),
      operator: fc.constantFrom('bfc', 'idf', 'xyz'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 1, max: 35 }), async (asked, pageSize) => {
      const sought = letters(asked.query ?? '')
        .split(/\s+/)
        .filter(Boolean);
      const wanted = rows.filter(
        ({ title, buyer_name, status, operator }) =>
          sought.every((word) => letters(`${title} ${buyer_name}`).includes(word)) &&
          (!asked.status || status === asked.status) &&
          (!asked.operator || operator === asked.operator),
      );
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await service.ask('listShelves', { ...asked, pageSize, pageToken });
        expect(page.shelves.length).toBeLessThanOrEqual(pageSize);
        seen.push(...page.shelves.map(({ consultationId }) => consultationId));
        pageToken = page.nextPageToken;
      } while (pageToken !== '' && seen.length < 500);
      expect(seen).toEqual(wanted.map(({ id }) => id));
    }),
    { numRuns: 60, seed: 7 },
  );
});
