import type { ApplicationApproved } from '@jonction/contracts';
import type { EntityManager } from '@mikro-orm/postgresql';
import { knowMember } from './on-member-admitted.ts';

/** Lets the body work before its admission, where its operator's rules say so. */
export async function onApplicationApproved(em: EntityManager, event: ApplicationApproved): Promise<void> {
  if (event.servicesOpen) await knowMember(em, event);
}
