import { readSettings, settings, z } from '@jonction/service';

const address = z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/);

export type Config = ReturnType<typeof readConfig>;

/** The environment of membership. */
export function readConfig(environment = process.env) {
  return readSettings(
    {
      ...settings,
      /** The folder of the operators' manifests. */
      OPERATORS_DIR: z.string().min(1),
      /** Where the other services answer, which are asked what runs for a member: `host:port`. */
      PROCUREMENT_ADDRESS: address.default('procurement:50051'),
      TELETRANSMISSION_ADDRESS: address.default('teletransmission:50051'),
      DCE_LIBRARY_ADDRESS: address.default('dce-library:50051'),
    },
    environment,
  );
}
