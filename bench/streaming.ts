import { openCommandStage } from './command.ts';
import { against, type Figure, interleave } from './rounds.ts';
import type { Stage } from './stage.ts';

const ITEMS = 5_000;
const A_FLUSH = 50;

/**
 * What does a durable command cost when many come in one stream? `CreateConsultations` with 5,000 items, each with its
 * own receipt, against a process without gRPC that persists the same three rows an item with MikroORM, 50 items a flush.
 */
export async function streaming(stage: Stage, rounds: number): Promise<Figure[]> {
  const { flush, client, memberId, caller } = await openCommandStage(stage);
  const address = stage.addressOf('procurement');
  const subjects = {
    ours: async () =>
      (await client.ask<{ perSecond: number }>('bulk', { address, memberId, caller, items: ITEMS })).perSecond,
    floor: () => flush.ask<number>('loop', { items: ITEMS, aFlush: A_FLUSH, memberId }),
  };
  await interleave(1, subjects);
  const { ours, floor } = await interleave(rounds, subjects);
  return [against({ name: 'streaming RPC / MikroORM at 50 a flush', unit: 'items/s', bar: 0.4 }, ours, floor)];
}
