import { readSettings, settings, z } from '@jonction/service';

export type Config = ReturnType<typeof readConfig>;

/** The environment of procurement. */
export function readConfig(environment = process.env) {
  return readSettings(
    {
      ...settings,
      /** The folder of the State's and Europe's lists of codes; without it codes are judged by their form alone. */
      NORMS_DIR: z.string().default(''),
    },
    environment,
  );
}
