import type { Reason } from '../xml/index.ts';

/** What is told to the process and what it answers; the last two are for each file. */
export type Told = { settings: unknown } | { file: unknown };
export type Answered = { ready: Reason[] } | { answer: unknown };

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
    const said: Answered =
      'settings' in told ? { ready: prepare(told.settings as Settings) } : { answer: await judge(told.file as File) };
    process.send?.(said);
  });
}
