import type { Told } from './documents.ts';
import { unitOf } from './example.ts';
import { headers } from './headers.ts';
import type { Enumeration, Field, Kind, Shape } from './protos.ts';

/** The text of docs/events.md, not yet formatted. */
export function eventsPage(events: Told[]): string {
  const byContext = Map.groupBy(events, ({ type }) => type.split('.').slice(1, -1).join(' '));
  return [
    INTRODUCTION,
    table(
      ['Event', 'What happened', 'Said by', 'Heard by'],
      events.map(({ name, sentence, owner, listeners }) => [
        `[${name}](#${name.toLowerCase()})`,
        capital(sentence),
        owner || 'nobody yet',
        listeners.join(', ') || 'no service yet',
      ]),
    ),
    HEADERS,
    table(
      ['Header', 'What it says'],
      headers.map(({ name, sentence, optional }) => [
        `\`${name}\``,
        optional ? `${sentence} May be absent.` : sentence,
      ]),
    ),
    ...[...byContext].flatMap(([context, all]) => [`## ${context}`, ...all.flatMap(chapter)]),
    ...enumerations(events),
  ].join('\n\n');
}

const INTRODUCTION = `# Events

<!-- Made by \`npm run gen\` from proto/ and the subscriptions.ts of the services. Change those, not this page. -->

What is said on the bus: who says it, who hears it, with which fields. The same for programs is \`docs/asyncapi.yaml\`.

A listener reads the stream of a context in order and may get a message twice. Within \`v1\` only fields and values are added:
let pass those that you do not know. What a body leaves out is empty, zero or false.`;

const HEADERS = `## Headers

Every message carries these; the body is the event in proto3 JSON. In a subject \`_\` stands for no member.`;

function chapter(event: Told): string[] {
  const { name, sentence, owner, listeners, address, example } = event;
  const head = Object.entries(example.headers).map(([header, value]) => `${header}: ${value}`);
  return [
    `### ${name}`,
    `${capital(sentence)} Said by ${bold(owner) || 'nobody yet'}, heard by ${listeners.map(bold).join(', ') || 'no service yet'}.`,
    `Subject: \`${address.replace(/\{(\w+)\}/g, '<$1>')}\``,
    table(['Field', 'Type', 'What it says', 'Unit or form'], rowsOf(event)),
    ['```text', example.subject, ...head, '', JSON.stringify(example.body, null, 2), '```'].join('\n'),
  ];
}

function rowsOf({ fields }: Shape, prefix = ''): string[][] {
  return fields.flatMap((field) => [
    [`\`${prefix}${field.name}\``, typeOf(field), field.sentence, unitOf(field)],
    ...(field.shape ? rowsOf(field.shape, `${prefix}${field.name}${field.list ? '[]' : ''}.`) : []),
  ]);
}

const words: Record<Kind, string> = {
  text: 'text',
  time: 'time',
  int: 'whole number',
  int64: 'whole number, as a text',
  number: 'number',
  bool: 'true or false',
  bytes: 'bytes, in base64',
  enum: 'value',
  message: 'object',
};

function typeOf({ kind, list, values }: Field): string {
  const one = values ? `[${shortOf(values)}](#${shortOf(values).toLowerCase()})` : words[kind];
  return list ? `list of ${one}` : one;
}

const shortOf = ({ type }: { type: string }): string => type.split('.').at(-1) ?? '';

/** A chapter of the enums that fields hold, each once. */
function enumerations(events: Told[]): string[] {
  const all = new Map(events.flatMap(enumsIn).map((one) => [one.type, one]));
  if (all.size === 0) return [];
  return [
    '## Values',
    ...[...all.values()].flatMap((one) => [
      `### ${shortOf(one)}`,
      one.sentence,
      table(
        ['Value', 'What it says'],
        one.values.map(({ name, sentence }) => [`\`${name}\``, sentence]),
      ),
    ]),
  ];
}

/** The enums that a message's fields hold, however deep. */
export function enumsIn({ fields }: Shape): Enumeration[] {
  return fields.flatMap(({ values, shape }) => [...(values ? [values] : []), ...(shape ? enumsIn(shape) : [])]);
}

const bold = (text: string): string => text && `**${text}**`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function table(heads: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
