import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '@jonction/stack';
import { consoleUrl, dataDir } from '../console/config.ts';
import { openIssuer } from '../console/issuer.ts';
import { Mistake, type Run } from './running.ts';

/** How an operator's first administrator calls membership of the platform that npm start brings up. Throws when none runs. */
export async function administratorOf(operator: string, env: NodeJS.ProcessEnv) {
  if (!/^[a-z0-9-]+$/.test(operator) || !existsSync(join(ROOT, 'operators', `${operator}.yaml`)))
    throw new Mistake(`--operator "${operator}" has no file in operators/.`);
  const directory = dataDir(env);
  const file = join(directory, 'run.json');
  if (!existsSync(file)) throw new Error(`no platform runs on ${directory}. Run npm start in another terminal.`);
  const { grpc } = JSON.parse(readFileSync(file, 'utf8')) as Run;
  const issuer = await consoleUrl(directory, env);
  const asked = { subject: `${operator}-admin`, audience: 'jonction', issuer, ttlSeconds: 900 };
  const token = await (await openIssuer(directory)).sign(asked);
  return { address: grpc.membership ?? '', token, operator };
}
