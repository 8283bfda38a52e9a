import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noteAgent, noteGrant } from '@jonction/commands';
import { AgentEnrolled, EntitlementGranted } from '@jonction/contracts';
import { causedBy, newCause, record, writeUnit } from '@jonction/events';
import { type Database, inOperator, transact, z } from '@jonction/service';
import { UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { parse } from 'yaml';
import { Agent, Entitlement } from '../domain/agent.ts';

const manifest = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,31}$/),
  administrator: z.object({ subject: z.string().min(1).max(128), display_name: z.string().min(1).max(120) }),
});
type Manifest = z.infer<typeof manifest>;

/** Enrols the first administrator that each operator's manifest names, once: nobody else could. */
export async function welcomeOperators(database: Database, folder: string, now: Date): Promise<void> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  for (const file of files)
    await welcome(database, manifest.parse(parse(readFileSync(join(folder, file), 'utf8'))), now);
}

async function welcome(database: Database, { id: operator, administrator }: Manifest, now: Date): Promise<void> {
  const em = inOperator(database, operator);
  causedBy(em, newCause(now));
  const recorded = await transact(em, async () => {
    const { subject, display_name: displayName } = administrator;
    if (await em.findOne(Agent, { subject })) return 0;
    const agent = em.create(Agent, { agentId: uuidv7(), operator, memberId: '', subject, displayName, version: 1 });
    const enrolled = agent.enrol();
    const role = em.create(Entitlement, {
      entitlementId: uuidv7(),
      operator,
      agentId: agent.agentId,
      role: 'ROLE_OPERATOR_ADMINISTRATOR',
      grantedAt: now,
      revokedAt: null,
    });
    const granted = agent.grant(role, [], now);
    record(em, AgentEnrolled, enrolled);
    record(em, EntitlementGranted, granted);
    await em.flush();
    await noteAgent(em, enrolled);
    await noteGrant(em, granted);
    return writeUnit(em);
  }).catch((error) => {
    // Another replica has just done it.
    if (error instanceof UniqueConstraintViolationException) return 0;
    throw error;
  });
  if (recorded > 0) database.recorded();
}
