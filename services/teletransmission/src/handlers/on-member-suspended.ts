import type { EntityManager } from '@mikro-orm/postgresql';
import { KnownMember } from '../domain/known-member.ts';

/** The membership is suspended or over: the member begins nothing new, and what runs goes on. */
export async function closeMember(em: EntityManager, { memberId }: { memberId: string }): Promise<void> {
  await setOpen(em, memberId, false);
}

/** The suspension is over. */
export async function reopenMember(em: EntityManager, { memberId }: { memberId: string }): Promise<void> {
  await setOpen(em, memberId, true);
}

async function setOpen(em: EntityManager, memberId: string, open: boolean): Promise<void> {
  // One that was refused before it ever worked is not known here, and there is nothing to close.
  const known = await em.findOne(KnownMember, { memberId });
  if (known) known.open = open;
}
