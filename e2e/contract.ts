import { readFileSync } from 'node:fs';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import * as contracts from '@jonction/contracts';
import type { MessageType, MethodDefinition, ServiceDefinition } from '@jonction/contracts/client';
import { definitions, type ServiceName } from '@jonction/testing';

/** A field of a message, as its proto says. */
export interface Field {
  /** `member_id`. */
  name: string;
  /** `memberId`, as it is in JSON. */
  jsonName: string;
  number: number;
  repeated: boolean;
  /** `string`, `int32`, `enum`, `message`, … */
  kind: string;
  /** Full name of the enum or message; empty for the rest. */
  typeName: string;
}

/** One RPC of one service. */
export interface Rpc {
  service: ServiceName;
  definition: ServiceDefinition;
  method: MethodDefinition;
  /** `/jonction.membership.v1.MembershipService/AdmitMember`. */
  path: string;
  /** Whether it writes: its request, or each item of it, has a request_id. */
  writes: boolean;
}

interface Described {
  type?: {
    field?: { name: string; number: number; label: string; type: string; typeName: string }[];
    value?: { name: string; number: number }[];
    oneofDecl?: { name: string }[];
  };
}

const described = loadFileDescriptorSetFromBuffer(readFileSync(contracts.descriptorsUrl)) as unknown as Record<
  string,
  Described
>;

const served: [string, ServiceDefinition][] = [
  ...Object.entries(definitions),
  ['membership', contracts.TerritoryServiceDefinition],
  ['membership', contracts.MembershipLifeServiceDefinition],
  ['membership', contracts.IdentityServiceDefinition],
  ['membership', contracts.PeopleServiceDefinition],
  ['procurement', contracts.DeadlineServiceDefinition],
  ['procurement', contracts.ConsultationLifeServiceDefinition],
  ['membership', contracts.ContributionServiceDefinition],
  ['membership', contracts.MergeServiceDefinition],
];

/** Every RPC that the tests' platform serves. */
export const rpcs: Rpc[] = served.flatMap(([service, definition]) =>
  Object.values(definition.methods).map((method) => ({
    service: service as ServiceName,
    definition,
    method,
    path: `/${definition.fullName}/${method.name}`,
    writes: hasRequestId(method.requestType.$type),
  })),
);

/** The paths of every RPC that the protos describe, whether the tests know its service or not. */
export const describedPaths: string[] = Object.entries(described)
  .filter(([name, one]) => name.startsWith('jonction.') && one.type === undefined)
  .flatMap(([name, service]) => Object.keys(service).map((method) => `/${name}/${method}`));

/** The fields of a message, by its full name. */
export function fieldsOf(message: string): Field[] {
  return (described[message]?.type?.field ?? []).map(({ name, number, label, type, typeName }) => ({
    name,
    jsonName: name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    number,
    repeated: label === 'LABEL_REPEATED',
    kind: type.replace('TYPE_', '').toLowerCase(),
    typeName: typeName && fullName(typeName, message),
  }));
}

/** The names of an enum's values, in the order of the proto. */
export function valuesOf(enumName: string): string[] {
  return (described[enumName]?.type?.value ?? []).map(({ name }) => name);
}

function fullName(name: string, from: string): string {
  const plain = name.replace(/^\./, '');
  return described[plain] ? plain : `${from.slice(0, from.lastIndexOf('.'))}.${plain}`;
}

function hasRequestId(message: string): boolean {
  return fieldsOf(message).some(
    ({ name, kind, typeName }) => name === 'request_id' || (kind === 'message' && hasRequestId(typeName)),
  );
}

/**
 * Of the fields that exclude each other, those of messages in a message that has a oneof, only the one that leads to `path`
 * is left, or the first.
 */
export function oneOfEach(message: string, json: Record<string, unknown>, path: string): Record<string, unknown> {
  const fields = fieldsOf(message).filter((field) => field.kind === 'message' && field.jsonName in json);
  const [head = '', ...rest] = path.split('.');
  const named = head.replace('[0]', '');
  const excluding = (described[message]?.type?.oneofDecl?.length ?? 0) > 0;
  const chosen = fields.find(({ name }) => name === named) ?? fields[0];
  const kept = Object.entries(json).filter(
    ([key]) => !excluding || key === chosen?.jsonName || !fields.some(({ jsonName }) => jsonName === key),
  );
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const field = fields.find(({ jsonName }) => jsonName === key);
      if (!field?.typeName.startsWith('jonction.')) return [key, value];
      const within = field.name === named ? rest.join('.') : '';
      const one = (given: unknown) => oneOfEach(field.typeName, given as Record<string, unknown>, within);
      return [key, Array.isArray(value) ? value.map(one) : one(value)];
    }),
  );
}

/**
 * A request in JSON: `choose` gives what a field gets (undefined leaves it out), messages are filled likewise and
 * repeated ones have one element. `where` is the path in proto names: `member.identifiers[0].scheme`.
 */
export function fill(message: string, choose: (field: Field, where: string) => unknown, where = ''): object {
  const filled = fieldsOf(message).map((field) => {
    const here = `${where}${where && '.'}${field.name}${field.repeated ? '[0]' : ''}`;
    const given = choose(field, here);
    const nested = field.kind === 'message' && field.typeName.startsWith('jonction.');
    const value = given === undefined && nested ? fill(field.typeName, choose, here) : given;
    return [field.jsonName, field.repeated && value !== undefined ? [value] : value];
  });
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}

/** Message types by their full name, as they are generated. */
const types = new Map<string, MessageType<unknown>>(
  Object.values(contracts).flatMap((one) => {
    const type = one as unknown as MessageType<unknown>;
    return typeof one === 'object' && '$type' in one ? [[type.$type, type] as const] : [];
  }),
);

/** The bytes of a message given in JSON. */
export function encode(message: string, json: object): Uint8Array {
  const type = types.get(message);
  if (!type) throw new Error(`${message} is not among the contracts`);
  return type.encode(type.fromJSON(json)).finish();
}
