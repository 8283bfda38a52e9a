import type { MessageType } from '@jonction/contracts/client';
import { type Call, type Database, inOperator, refuse, transact } from '@jonction/service';
import type { EntityManager } from '@mikro-orm/postgresql';
import { allow, findCallers } from './access.ts';
import { answerKept, type Command, type CommandContext, type CommandPlan, type Runner } from './runner.ts';

/** What a message of an upload brings: the header, some bytes, or nothing that is known. */
export type Part<Header> =
  | { $case: 'header'; value: Header }
  | { $case: 'chunk'; value: Uint8Array }
  | { $case?: undefined };

/** How a service takes an upload in: a header with a request_id, then bytes. */
export interface UploadShape<Message, Header, Response> {
  headerType: MessageType<Header>;
  part(message: Message): Part<Header>;
  /** Refuses what can be refused before a byte is taken in. What it checks, the command checks again: others may be faster. */
  check(em: EntityManager, header: Header, context: CommandContext): Promise<void>;
  /** Keeps the bytes for good, or throws and leaves nothing. Done before the command, in no transaction. */
  keep(header: Header, bytes: AsyncIterable<Uint8Array>, operator: string): Promise<void>;
  /** The command of the header: it names what was kept. */
  run: Command<Header, Response>;
}

/**
 * Takes in one upload. The header alone says whether it may come and whether it came before: then the answer is the one
 * that is kept, and no byte is read. Otherwise the bytes are kept first and the command runs after, once only.
 */
export async function takeUpload(
  { database, runner, plan }: { database: Database; runner: Runner; plan: CommandPlan },
  shape: UploadShape<unknown, { requestId: string }, unknown>,
  call: Call,
  messages: AsyncIterable<unknown>,
): Promise<Uint8Array> {
  const parts = partsOf(messages, shape);
  const first = await parts.next();
  if (first.done || first.value.$case !== 'header') throw misplaced('header', 'must be in the first message');
  const header = first.value.value;
  const past = await admitHeader(database, plan, shape, { call, header });
  if (past) return past;
  await shape.keep(header, bytesOf(parts), call.operator);
  return runner(plan, call, header);
}

async function* partsOf(
  messages: AsyncIterable<unknown>,
  shape: UploadShape<unknown, { requestId: string }, unknown>,
): AsyncGenerator<Part<{ requestId: string }>> {
  for await (const message of messages) yield shape.part(message);
}

async function* bytesOf(parts: AsyncIterable<Part<unknown>>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    if (part.$case === 'header') throw misplaced('header', 'must be in the first message only');
    if (part.$case === 'chunk' && part.value.length > 0) yield part.value;
  }
}

function misplaced(field: string, description: string) {
  return refuse('FIELD_INVALID', { fields: field }, [{ field, description }]);
}

/** The answer that is kept for this header, or undefined when its bytes are wanted. Throws what the command would. */
async function admitHeader(
  database: Database,
  plan: CommandPlan,
  shape: UploadShape<unknown, { requestId: string }, unknown>,
  { call, header }: { call: Call; header: { requestId: string } },
): Promise<Uint8Array | undefined> {
  const em = inOperator(database, call.operator);
  return transact(em, async () => {
    const callers = await findCallers(em, call.operator, [call.subject]);
    const caller = allow(callers.get(call.subject), plan.right);
    const asked = { plan, call, request: header };
    const past = await answerKept(em, asked);
    if (past) return past;
    await shape.check(em, header, { now: new Date(), caller });
    return undefined;
  });
}
