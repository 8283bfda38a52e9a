import { refuse } from '@jonction/service';
import { type Item, keyOf } from './runner.ts';

/** Beyond this many a service sheds: waiting longer than a deadline helps nobody. */
const MOST_WAITING = 10_000;

export interface Queue {
  add(item: Item): void;
}

export interface QueueOptions {
  batch: number;
  atOnce: number;
  work(items: Item[]): Promise<void>;
}

/**
 * Gathers commands into groups, one group an operator at a time: what comes meanwhile forms its next group. Several at
 * once made each slower and smaller, and fewer in all (docs/decisions/015). Operators run side by side, and take turns
 * when there are more of them than transactions. Two commands with the same request_id never run at the same time here:
 * the second waits for the first's answer.
 */
export function startQueue({ batch, atOnce, work }: QueueOptions): Queue {
  const waiting = new Map<string, Item[]>();
  const busy = new Set<string>();
  let size = 0;

  function add(item: Item): void {
    if (size >= MOST_WAITING) {
      item.reject(refuse('TOO_MANY_CALLS'));
      return;
    }
    size++;
    const line = waiting.get(item.call.operator);
    if (line) line.push(item);
    else waiting.set(item.call.operator, [item]);
    next();
  }

  function next(): void {
    for (const operator of [...waiting.keys()]) {
      if (busy.size >= atOnce) return;
      if (!busy.has(operator)) void run(operator, take(operator));
    }
  }

  function take(operator: string): Item[] {
    const line = waiting.get(operator) ?? [];
    waiting.delete(operator);
    const keys = new Set<string>();
    const group: Item[] = [];
    const left: Item[] = [];
    for (const item of line) {
      const fits = group.length < batch && !keys.has(keyOf(item));
      (fits ? group : left).push(item);
      keys.add(keyOf(item));
    }
    size -= group.length;
    // Put back at the end: the other operators come first.
    if (left.length > 0) waiting.set(operator, left);
    return group;
  }

  async function run(operator: string, group: Item[]): Promise<void> {
    busy.add(operator);
    // Nobody waits any more for a call that was cancelled; its request_id can come again.
    const wanted = group.filter(({ call }) => !call.signal.aborted);
    for (const item of group) if (item.call.signal.aborted) item.reject(refuse('CONFLICT'));
    try {
      if (wanted.length > 0) await work(wanted);
    } catch (error) {
      for (const item of wanted) item.reject(error);
    } finally {
      busy.delete(operator);
      next();
    }
  }

  return { add };
}
