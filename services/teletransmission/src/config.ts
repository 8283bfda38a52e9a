import { readSettings, settings, z } from '@jonction/service';

export type Config = ReturnType<typeof readConfig>;

/** The environment of teletransmission. */
export function readConfig(environment = process.env) {
  return readSettings(
    {
      ...settings,
      /** Where documents are kept: a folder that all replicas share. */
      DOCUMENTS_DIR: z.string().min(1),
      /** The prefecture's gateway. */
      PREFECTURE_URL: z.url({ protocol: /^https?$/ }),
      /** Between two looks into an empty mailbox. */
      PREFECTURE_POLL_MS: z.coerce.number().int().min(50).max(3_600_000).default(5_000),
    },
    environment,
  );
}
