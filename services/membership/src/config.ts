import { readSettings, settings, z } from '@jonction/service';

export type Config = ReturnType<typeof readConfig>;

/** The environment of membership. */
export function readConfig(environment = process.env) {
  return readSettings(
    { ...settings, /** The folder of the operators' manifests. */ OPERATORS_DIR: z.string().min(1) },
    environment,
  );
}
