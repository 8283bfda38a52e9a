import { noteAgent, noteGrant } from '@jonction/commands';
import { AgentEnrolled, EntitlementGranted } from '@jonction/contracts';
import { causedBy, newCause, record, writeUnit } from '@jonction/events';
import { type Database, inOperator, isConflict, sql, transact } from '@jonction/service';
import { type EntityManager, UniqueConstraintViolationException } from '@mikro-orm/postgresql';
import { v7 as uuidv7 } from 'uuid';
import { Agent, Entitlement } from '../domain/agent.ts';
import type { Rules } from '../domain/operator-rules.ts';
import type { Manifest } from './manifest.ts';

/**
 * Keeps each operator's rules as its manifest says them now, and enrols the first administrator that it names, once: nobody
 * else could.
 */
export async function welcomeOperators(database: Database, manifests: Manifest[], now: Date): Promise<void> {
  for (const manifest of manifests) await welcome(database, manifest, now);
}

async function welcome(database: Database, manifest: Manifest, now: Date, tries = 3): Promise<void> {
  const { id: operator, administrator } = manifest;
  const em = inOperator(database, operator);
  causedBy(em, newCause(now));
  const recorded = await transact(em, async () => {
    const { subject, display_name: displayName } = administrator;
    await keepRules(em, manifest);
    if (await em.findOne(Agent, { subject })) return 0;
    const who = { agentId: uuidv7(), operator, memberId: '', subject, displayName };
    const agent = em.create(Agent, { ...who, enrolledAt: now, version: 1 });
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
    if (isConflict(error) && tries > 1) return undefined;
    throw error;
  });
  if (recorded === undefined) return welcome(database, manifest, now, tries - 1);
  if (recorded > 0) database.recorded();
}

const KEEP_RULES = `
  insert into operator_rules (operator, rules) values ($1, $2) on conflict (operator) do update set rules = excluded.rules
  where operator_rules.rules <> excluded.rules`;

async function keepRules(em: EntityManager, manifest: Manifest): Promise<void> {
  const { id, time_zone, withdrawal, admission, services, colleges } = manifest;
  const rules: Rules = { time_zone, withdrawal, admission, services, colleges };
  await sql(em, KEEP_RULES, [id, JSON.stringify(rules)]);
}
