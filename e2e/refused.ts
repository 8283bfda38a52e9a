import { status } from '@grpc/grpc-js';
import { CallError } from '@jonction/contracts/client';
import type { TestPlatform } from '@jonction/testing';
import { expect } from 'vitest';
import { fieldsOf, type Rpc } from './contract.ts';
import { contentsOf, quiet } from './rows.ts';
import { type WireOptions, type Wires, wiresTo } from './wire.ts';

/** As the administrator of bfc, who has every right. */
export async function wiresOf(platform: TestPlatform): Promise<Wires> {
  const token = await platform.issuer.sign({ subject: 'bfc-admin' });
  return wiresTo(platform, { metadata: { authorization: `Bearer ${token}`, 'jonction-operator': 'bfc' } });
}

/** Nothing half-written: each row of each table is the same afterwards. */
export async function unchanged(platform: TestPlatform, work: () => Promise<void>): Promise<void> {
  await quiet(platform);
  const before = await contentsOf(platform);
  await work();
  await quiet(platform);
  expect(await contentsOf(platform)).toEqual(before);
}

export interface Expected {
  code?: status;
  reason: string;
  fields?: string[];
}

/** A refusal is clear when it has a code, a reason, words in two languages, and the names of the fields. */
export function expectRefusal(refusal: Seen | undefined, what: string, expected: Expected): void {
  expect(refusal, what).toMatchObject({ code: status.INVALID_ARGUMENT, ...expected });
  expect(refusal?.french.length, what).toBeGreaterThan(20);
  expect(refusal?.english.length, what).toBeGreaterThan(20);
  expect(refusal?.french, what).not.toBe(refusal?.english);
}

export type Seen = Pick<CallError, 'code' | 'reason' | 'french' | 'english' | 'fields'>;

export async function caught(call: Promise<unknown>): Promise<Seen | undefined> {
  return call.then(
    () => undefined,
    (error) => error as CallError,
  );
}

/** How an RPC refuses these bytes, as the call's status or as the receipt of its one item; undefined when it does not. */
export async function refusalOf(wires: Wires, rpc: Rpc, bytes: Uint8Array, options: WireOptions = {}) {
  const wire = wires[rpc.service];
  if (!rpc.method.requestStream && !rpc.method.responseStream) return caught(wire.unary(rpc.path, bytes, options));
  const answer = await wire.stream(rpc.path, [bytes], options).catch((error) => error as CallError);
  if (answer instanceof CallError) return answer;
  const [receipt] = answer.map((one) => rpc.method.responseType.toJSON(rpc.method.responseType.decode(one)));
  const { refusal } = (receipt ?? {}) as {
    refusal?: { code: number; reason: string; messageFr: string; messageEn: string; fields?: string[] };
  };
  if (!refusal) return undefined;
  const { code, reason, messageFr: french, messageEn: english, fields = [] } = refusal;
  return { code, reason, french, english, fields } as Seen;
}

/** The message that is judged: the request, or what an item of a bulk call wraps. */
export function itemOf({ method }: Rpc): string {
  const type = method.requestType.$type;
  return method.requestStream ? (fieldsOf(type)[0]?.typeName ?? '') : type;
}

export function asRequest({ method }: Rpc, item: Uint8Array): Uint8Array {
  return method.requestStream ? tagged(fieldsOf(method.requestType.$type)[0]?.number ?? 0, item) : item;
}

/** A field of bytes or of a message, as it is on the wire. */
export function tagged(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}
