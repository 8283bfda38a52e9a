import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contextNameOf } from '@jonction/events';
import { STOP_WITHIN_MS } from '@jonction/service';
import { POSTGRES_SETTINGS, ROOT, serviceNames, snake, speakers } from '@jonction/stack';
import { type Secrets, secretsOf } from './given.ts';

type Environment = Record<string, string | undefined>;

/** A service as its code tells it. */
export type Service = {
  name: string;
  /** What its config.ts makes of an environment; throws every mistake. */
  read: (environment: Environment) => Record<string, unknown>;
  /** The names of its settings. */
  names: string[];
  /** True when others may call it. */
  serves: boolean;
  /** The services whose contracts it calls. */
  asks: string[];
  /** The services whose events it hears, by folder. */
  hears: string[];
  /** True when its contracts have events. */
  says: boolean;
};

/** What the checks know of the code, so that what a builder adds there is missed here at once. */
export type Code = { services: Service[]; secrets: Secrets; stopWithinMs: number; postgres: Record<string, string> };

/** Everything by which Kubernetes' files are judged. The secret is anyone's: nothing that derives from it leaves the check. */
export async function readCode(): Promise<Code> {
  const heard = await speakers();
  const sources = new Map(serviceNames().map((name) => [name, sourcesOf(join(ROOT, 'services', name, 'src'))]));
  const servedBy = new Map([...sources].map(([name, text]) => [name, definitionsServed(text)]));
  const services = await Promise.all(
    [...sources].map(async ([name, text]) => ({
      name,
      ...(await configOf(name)),
      serves: (servedBy.get(name) ?? []).length > 0,
      asks: askedBy(name, text, servedBy),
      hears: heardBy(heard.find((one) => one.name === snake(name))?.subscriptions ?? []),
      says: saysSomething(name),
    })),
  );
  const secrets = await secretsOf('only for the check', heard);
  return { services, secrets, stopWithinMs: STOP_WITHIN_MS, postgres: POSTGRES_SETTINGS };
}

async function configOf(name: string): Promise<Pick<Service, 'read' | 'names'>> {
  const { readConfig } = (await import(join(ROOT, 'services', name, 'src/config.ts'))) as {
    readConfig: Service['read'];
  };
  const asked = new Set<string>();
  const listening = new Proxy<Environment>({}, { get: (_, setting) => void asked.add(String(setting)) });
  try {
    readConfig(listening);
  } catch {
    // It lacks everything: what it asked for is all that we want to know.
  }
  return { read: readConfig, names: [...asked] };
}

/** The sources of a service without its tests, as one text. */
function sourcesOf(folder: string): string {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const own = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return own.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

const definitionsServed = (text: string) =>
  [...text.matchAll(/definition: (\w+Definition)/g)].map(([, name = '']) => name);

/**
 * Whom a service asks: whoever serves a contract that it gives to `connectTo`, or that it imports and does not serve itself.
 * A contract that nobody serves leads to nobody.
 */
export function askedBy(name: string, text: string, servedBy: Map<string, string[]>): string[] {
  const own = servedBy.get(name) ?? [];
  const called = [...text.matchAll(/connectTo\(\s*(\w+Definition)/g)].map(([, definition = '']) => definition);
  const imported = [...text.matchAll(/\b(\w+ServiceDefinition)\b/g)].map(([, definition = '']) => definition);
  const foreign = new Set([...called, ...imported.filter((definition) => !own.includes(definition))]);
  const others = [...servedBy].filter(([other, theirs]) => other !== name && theirs.some((it) => foreign.has(it)));
  return others.map(([other]) => other);
}

function heardBy(subscriptions: { type: { $type: string } }[]): string[] {
  const contexts = new Set(subscriptions.map(({ type }) => contextNameOf(type.$type)));
  return serviceNames().filter((name) => contexts.has(snake(name)));
}

/** A service says something when its contracts have a file of events. */
function saysSomething(name: string): boolean {
  const folder = join(ROOT, 'proto/jonction', snake(name), 'v1');
  return existsSync(folder) && readdirSync(folder).some((file) => /events\.proto$/.test(file));
}
