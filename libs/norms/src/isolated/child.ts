import type { Reason } from '../xml/index.ts';

/** What is told to the process and what it answers; the last two are for each file. */
export type Told = { settings: unknown } | { file: unknown };
export type Answered = { ready: Reason[] } | { answer: unknown };

/** What passes through in pieces of 64 KiB lies outside the heap, and V8 would let 64 MiB of it gather before it looked. */
const SWEEP_EVERY_MS = 5;

/**
 * The inside of an isolated process: it is told its settings once, then one file after the other, and ends when its parent
 * does. `prepare` gives the reasons why the settings are refused. What either throws ends the process, and that is told.
 */
export function answer<Settings, File, Answer>(
  prepare: (settings: Settings) => Reason[],
  judge: (file: File) => Promise<Answer>,
): void {
  process.on('disconnect', () => process.exit());
  process.on('message', async (told: Told) => {
    if ('settings' in told) {
      process.send?.({ ready: prepare(told.settings as Settings) } satisfies Answered);
      return;
    }
    const sweep = setInterval(() => globalThis.gc?.({ type: 'minor' }), SWEEP_EVERY_MS);
    process.send?.({ answer: await judge(told.file as File) } satisfies Answered);
    clearInterval(sweep);
  });
}
