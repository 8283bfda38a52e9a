import type { Told } from './documents.ts';
import { enumsIn } from './events-page.ts';
import { isDay, unitOf } from './example.ts';
import { headers } from './headers.ts';
import type { Field, Shape } from './protos.ts';

type Schema = Record<string, unknown>;

/** The events as an AsyncAPI 3 document: a channel, a message and an operation for each, the platform being who sends. */
export function asyncApiOf(events: Told[], version: string): Record<string, unknown> {
  const each = <T>(make: (event: Told) => T) => Object.fromEntries(events.map((event) => [keyOf(event), make(event)]));
  const enums = events.flatMap(enumsIn);
  const shapes = events.flatMap(shapesIn);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Jonction: what is said on the bus',
      version,
      description: DESCRIPTION,
      license: { name: 'EUPL-1.2', url: 'https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12' },
    },
    defaultContentType: 'application/json',
    channels: each(channelOf),
    operations: each(operationOf),
    components: {
      messages: each(messageOf),
      parameters: {
        operator: { description: 'The operator whose fact it is, such as `bfc`.', examples: ['bfc', 'idf'] },
        member: { description: 'The id of the member concerned; `_` where there is none.' },
      },
      schemas: {
        headers: headersSchema(),
        ...Object.fromEntries(shapes.map((shape) => [shape.type, schemaOf(shape)])),
        ...Object.fromEntries(
          enums.map(({ type, sentence, values }) => [
            type,
            { type: 'string', description: sentence, enum: values.map(({ name }) => name) },
          ]),
        ),
      },
    },
  };
}

const DESCRIPTION =
  `Facts in the past, each complete enough to act on. A listener reads the stream of a context in order and may get a
message twice; ce-id tells. Within v1 only fields and values are added: let pass those that you do not know. What a body leaves
out is empty, zero or false. The contracts are in proto/, and this document is made from them.`.replaceAll('\n', ' ');

/** Short enough to read, and one for each version: `procurement.v1.ConsultationPublished`. */
const keyOf = ({ type }: Shape): string => type.split('.').slice(1).join('.');
const refTo = (...path: string[]): Schema => ({ $ref: `#/${path.join('/')}` });

function channelOf(event: Told): Schema {
  return {
    address: event.address,
    title: event.name,
    messages: { [event.name]: refTo('components', 'messages', keyOf(event)) },
    parameters: {
      operator: refTo('components', 'parameters', 'operator'),
      member: refTo('components', 'parameters', 'member'),
    },
  };
}

function operationOf(event: Told): Schema {
  return {
    action: 'send',
    channel: refTo('channels', keyOf(event)),
    summary: event.sentence,
    messages: [refTo('channels', keyOf(event), 'messages', event.name)],
    'x-said-by': event.owner,
    'x-heard-by': event.listeners,
  };
}

function messageOf({ name, type, sentence, example, ...shape }: Told): Schema {
  return {
    name: type,
    title: name,
    summary: sentence,
    contentType: 'application/json',
    headers: refTo('components', 'schemas', 'headers'),
    payload: eventSchema({ type, sentence, fields: shape.fields }),
    examples: [{ name: 'example', headers: example.headers, payload: example.body }],
  };
}

/** An event always says whose it is and what it is about; any other field is left out when it is empty. */
function eventSchema(event: Shape): Schema {
  const [operator, , aggregate] = event.fields.map(({ name }) => name);
  return { ...schemaOf(event), required: [operator, aggregate] };
}

function schemaOf({ sentence, fields }: Shape): Schema {
  const properties = Object.fromEntries(fields.map((field) => [field.name, propertyOf(field)]));
  return { type: 'object', description: sentence, properties };
}

function propertyOf(field: Field): Schema {
  const unit = unitOf(field).replaceAll('`', '');
  const described = { description: unit === '' ? field.sentence : `${field.sentence} (${unit})` };
  const { values, shape } = field;
  const type = values?.type ?? shape?.type;
  const one = type === undefined ? plainOf(field) : refTo('components', 'schemas', type);
  if (field.list) return { type: 'array', ...described, items: one };
  return type === undefined ? { ...one, ...described } : { allOf: [one], ...described };
}

function plainOf(field: Field): Schema {
  if (field.kind === 'text' && isDay(field)) return { type: 'string', format: 'date' };
  const plain: Partial<Record<Field['kind'], Schema>> = {
    time: { type: 'string', format: 'date-time' },
    int: { type: 'integer' },
    int64: { type: 'string', pattern: '^-?[0-9]+$' },
    number: { type: 'number' },
    bool: { type: 'boolean' },
    bytes: { type: 'string', contentEncoding: 'base64' },
  };
  return plain[field.kind] ?? { type: 'string' };
}

/** The messages that a message's fields hold, however deep. */
function shapesIn({ fields }: Shape): Shape[] {
  return fields.flatMap(({ shape }) => (shape ? [shape, ...shapesIn(shape)] : []));
}

function headersSchema(): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      headers.map(({ name, sentence }) => [name, { type: 'string', description: sentence }]),
    ),
    required: headers.filter(({ optional }) => !optional).map(({ name }) => name),
  };
}
