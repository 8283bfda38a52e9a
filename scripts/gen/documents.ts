import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contextNameOf, envelope, subjectOf, subjectsOf } from '@jonction/events';
import { speakers } from '@jonction/stack';
import { stringify } from 'yaml';
import { asyncApiOf } from './asyncapi.ts';
import { eventsPage } from './events-page.ts';
import { exampleId, exampleOf, HAPPENED, type Json, withoutExample } from './example.ts';
import { eventsOf, type Shape } from './protos.ts';

/** An event with what is known of it beside its contract. */
export type Told = Shape & {
  /** `ConsultationPublished`. */
  name: string;
  /** Its service, a folder of services/; '' while there is none. */
  owner: string;
  /** The services that hear it, folders of services/. */
  listeners: string[];
  /** Its subject with `{operator}` and `{member}`. */
  address: string;
  example: { subject: string; headers: Record<string, string>; body: Record<string, Json> };
};

/** Events by full type, and the services that hear each. */
type Listeners = Map<string, string[]>;

/**
 * The two pages that tell what is said on the bus, by path from the repository's root, formatted as `npm run check` wants
 * them. Throws when a proto or a service's subscriptions.ts cannot be read.
 */
export async function documentsOf(root: string): Promise<Map<string, string>> {
  const bin = join(root, 'node_modules', '.bin');
  const events = toldOf(eventsOf(root, join(bin, 'buf')), await listenersOf(), readdirSync(join(root, 'services')));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  // As YAML 1.1: the words and times that its readers would not take for text are quoted.
  const asyncApi = stringify(asyncApiOf(events, version), {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  const texts = { 'docs/events.md': eventsPage(events), 'docs/asyncapi.yaml': `# ${MADE}\n${asyncApi}` };
  return new Map(Object.entries(texts).map(([path, text]) => [path, formatted(root, path, text)]));
}

const MADE = 'Made by `npm run gen` from proto/ and the subscriptions.ts of the services. Change those, not this file.';

/** The texts of events that no sentence gives an example of, as `ActDeposited.number`. */
export function unexampled(root: string): string[] {
  const events = eventsOf(root, join(root, 'node_modules', '.bin', 'buf'));
  return events.flatMap((event) => withoutExample(event).map((path) => `${nameOf(event)}.${path}`));
}

/** What is known of each event. `services` are the folders of services/. */
export function toldOf(events: Shape[], listeners: Listeners, services: string[]): Told[] {
  return events.map((event) => {
    const owner = folderOf(contextNameOf(event.type));
    const heardBy = listeners.get(event.type) ?? [];
    return {
      ...event,
      name: nameOf(event),
      owner: services.includes(owner) ? owner : '',
      listeners: [...heardBy].sort(),
      address: subjectsOf(event.type).replace('>', '{operator}.{member}'),
      example: exampleMessage(event),
    };
  });
}

/** What each service's subscriptions.ts says that it hears. */
async function listenersOf(): Promise<Listeners> {
  const heard = (await speakers()).flatMap(({ name, subscriptions }) =>
    subscriptions.map(({ type }) => ({ type: type.$type, listener: folderOf(name) })),
  );
  const byType = Map.groupBy(heard, ({ type }) => type);
  return new Map([...byType].map(([type, all]) => [type, all.map(({ listener }) => listener)]));
}

const nameOf = ({ type }: Shape): string => type.split('.').at(-1) ?? '';
const folderOf = (context: string): string => context.replaceAll('_', '-');

/** A message as the relay would send it: its headers are made by the same function. */
function exampleMessage(event: Shape): Told['example'] {
  const body = exampleOf(event);
  const [, member, aggregate] = event.fields.map(({ name }) => String(body[name]));
  const row = {
    position: '1',
    event_id: exampleId(event.type),
    operator: String(body.operator),
    member_id: member ?? '',
    aggregate_id: aggregate ?? '',
    seq: 1,
    type: event.type,
    body: '',
    traceparent: '',
    causation: '',
    correlation: exampleId('correlation'),
    occurred_at: HAPPENED,
  };
  const set = envelope(row, '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  const headers = Object.fromEntries(set.keys().map((name) => [name, set.get(name)]));
  return { subject: subjectOf(event.type, row.operator, row.member_id), headers, body };
}

/** As the formatter of the repository wants a file of this path. */
function formatted(root: string, path: string, text: string): string {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: root, input: text }).toString();
}
