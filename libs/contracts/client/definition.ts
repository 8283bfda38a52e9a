/** A message type as ts-proto generates it. */
export interface MessageType<T> {
  readonly $type: string;
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  fromPartial(part: object): T;
  fromJSON(json: unknown): T;
  toJSON(message: T): unknown;
}

/** One RPC as ts-proto generates it (`generic-definitions`). */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: MessageType<unknown>;
  readonly requestStream: boolean;
  readonly responseType: MessageType<unknown>;
  readonly responseStream: boolean;
}

export interface ServiceDefinition {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

export type RequestOf<M> = M extends { requestType: { decode(...args: never[]): infer T } } ? T : never;
export type ResponseOf<M> = M extends { responseType: { decode(...args: never[]): infer T } } ? T : never;
