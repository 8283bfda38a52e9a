import { readSettings, settings } from '@jonction/service';

export type Config = ReturnType<typeof readConfig>;

/** The environment of procurement. */
export function readConfig(environment = process.env) {
  return readSettings(settings, environment);
}
