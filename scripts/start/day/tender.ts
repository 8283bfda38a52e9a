import { randomInt, randomUUID } from 'node:crypto';
import { ConsultationServiceDefinition, type Shelf, ShelfServiceDefinition } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { dayOf, inDays, type Scene, untilSeen } from './scene.ts';

const TITLES = [
  'Réfection de la toiture du gymnase',
  'Restauration scolaire, année 2027',
  "Maîtrise d'œuvre pour la rénovation de la mairie",
  'Entretien des espaces verts',
  "Fourniture d'électricité pour les bâtiments publics",
];

/** A consultation is published, extended and closed, and suppliers see its shelf follow. Gives the consultation's id. */
export async function tender({ say, addressOf, commune, agent, traced }: Scene): Promise<string> {
  using procurement = connectTo(ConsultationServiceDefinition, addressOf('procurement'), agent);
  using library = connectTo(ShelfServiceDefinition, addressOf('dce-library'), agent);
  const { memberId } = commune;
  const title = TITLES[randomInt(TITLES.length)] ?? '';
  const created = await procurement.createConsultation(
    { requestId: randomUUID(), memberId, title, deadline: inDays(30) },
    traced,
  );
  const consultationId = created.consultation?.consultationId ?? '';
  const shelfWhen = (what: string, asExpected: (shelf: Shelf) => boolean) =>
    untilSeen(
      `dce-library ${what}`,
      async () => (await library.getShelf({ consultationId })).shelf,
      (shelf) => shelf !== undefined && asExpected(shelf),
    );

  await procurement.publishConsultation({ requestId: randomUUID(), consultationId }, traced);
  say(`procurement: ${commune.name} published "${title}", tenders until ${dayOf(inDays(30))}`);
  const opened = await shelfWhen('to open its shelf', ({ status }) => status === 'SHELF_STATUS_OPEN');
  say(`dce-library: suppliers see its shelf, opened ${opened} ms later`);

  const deadline = inDays(45);
  await procurement.extendConsultation({ requestId: randomUUID(), consultationId, deadline }, traced);
  say(`procurement: the deadline was put to ${dayOf(deadline)}`);
  const late = (shelf: Shelf) => Number(shelf.openUntil) >= Math.floor(Number(deadline) / 1_000) * 1_000;
  const moved = await shelfWhen('to follow the deadline', late);
  say(`dce-library: the shelf stays open until then, ${moved} ms later`);

  await procurement.closeConsultation({ requestId: randomUUID(), consultationId }, traced);
  say('procurement: the consultation was closed before its deadline');
  const closed = await shelfWhen('to close its shelf', ({ status }) => status === 'SHELF_STATUS_CLOSED');
  say(`dce-library: the shelf closed ${closed} ms later`);
  return consultationId;
}
