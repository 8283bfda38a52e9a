import type { Fault, Tree } from './tree.ts';

/** An RPC or a message: its name and where it is declared. */
export type Declared = { name: string; path: string; line: number };

type Message = Declared & { fields: Map<number, string> };

/** The contexts: folders under proto/jonction/ that hold a v1/, save for the values that all share. */
export function contextsOf(tree: Tree): string[] {
  const found = tree.files.map((path) => /^proto\/jonction\/(\w+)\/v\d+\/\w+\.proto$/.exec(path)?.[1]);
  return [...new Set(found)].filter((name) => name !== undefined && name !== 'shared') as string[];
}

/** The RPCs that the services of a context offer, each name once (v2 is answered by the same files as v1). */
export function rpcsOf(tree: Tree, context: string): Declared[] {
  const rpcs = protosUnder(tree, `proto/jonction/${context}/`).flatMap((path) =>
    linesOf(tree, path).flatMap((text, index) => {
      const name = /^\s*rpc\s+(\w+)\s*\(/.exec(text)?.[1];
      return name === undefined ? [] : [{ name, path, line: index + 1 }];
    }),
  );
  return rpcs.filter((rpc, index) => rpcs.findIndex((other) => other.name === rpc.name) === index);
}

/** The events of all contexts: the messages of events.proto, or of files that end so (`contract_events.proto`). */
export function eventsOf(tree: Tree): Declared[] {
  return eventMessages(tree).map(({ name, path, line }) => ({ name, path, line }));
}

/** Every event begins with whose it is and what it is about, so that any listener can route, isolate and order it. */
export function eventFields(tree: Tree): Fault[] {
  return eventMessages(tree).flatMap(({ name, path, line, fields }) => {
    const [first, second, third] = [1, 2, 3].map((number) => fields.get(number) ?? 'nothing');
    if (first === 'operator' && second === 'member_id' && third?.endsWith('_id')) return [];
    return [
      {
        path,
        line,
        rule: 'event-fields',
        why: `fields 1 to 3 of ${name} are ${first}, ${second}, ${third}, and subjects and order are made from them`,
        fix: 'begin with operator = 1, member_id = 2 (may be empty) and the id of the aggregate = 3; move a message that is no event to another file',
      },
    ];
  });
}

/** `PublishConsultation` as a file name: `publish-consultation`. */
export function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}

function eventMessages(tree: Tree): Message[] {
  return protosUnder(tree, 'proto/jonction/')
    .filter((path) => /(^|[/_])events\.proto$/.test(path))
    .flatMap((path) => messagesOf(tree, path));
}

function messagesOf(tree: Tree, path: string): Message[] {
  const messages: Message[] = [];
  for (const [index, text] of linesOf(tree, path).entries()) {
    const name = /^message\s+(\w+)/.exec(text)?.[1];
    if (name !== undefined) messages.push({ name, path, line: index + 1, fields: new Map() });
    const [, field, number] = /^\s+(?:repeated\s+)?[\w.]+\s+(\w+)\s*=\s*(\d+)/.exec(text) ?? [];
    if (field !== undefined) messages.at(-1)?.fields.set(Number(number), field);
  }
  return messages;
}

function protosUnder(tree: Tree, folder: string): string[] {
  return tree.files.filter((path) => path.startsWith(folder) && path.endsWith('.proto'));
}

/** The lines of a proto without its comments, so that a word in a sentence is not read as a declaration. */
function linesOf(tree: Tree, path: string): string[] {
  return tree
    .text(path)
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, ''));
}
