import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, connectTo, type ServiceDefinition } from '@jonction/contracts/client';
import { ROOT } from '@jonction/stack';
import { consoleUrl, dataDir } from '../console/config.ts';
import { openIssuer } from '../console/issuer.ts';
import { Mistake, type Run } from './running.ts';

/**
 * Calls a service of the platform that npm start brought up, as the first administrator of an operator. Throws when none runs
 * on the data folder, with what to do.
 */
export async function callAsAdministrator<S extends ServiceDefinition>(
  definition: S,
  service: string,
  operator: string,
): Promise<Client<S>> {
  if (!/^[a-z0-9-]+$/.test(operator) || !existsSync(join(ROOT, 'operators', `${operator}.yaml`)))
    throw new Mistake(`--operator "${operator}" has no file in operators/.`);
  const directory = dataDir(process.env);
  const file = join(directory, 'run.json');
  if (!existsSync(file)) throw new Error(`no platform runs on ${directory}. Run npm start in another terminal.`);
  const { grpc } = JSON.parse(readFileSync(file, 'utf8')) as Run;
  const issuer = await consoleUrl(directory, process.env);
  const asked = { subject: `${operator}-admin`, audience: 'jonction', issuer, ttlSeconds: 900 };
  const token = await (await openIssuer(directory)).sign(asked);
  return connectTo(definition, grpc[service] ?? '', { token, operator, deadlineMs: 600_000 });
}
