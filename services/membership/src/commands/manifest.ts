import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OrganizationKind, SubscribedService } from '@jonction/contracts';
import { z } from '@jonction/service';
import { parse } from 'yaml';

const name = z.string().min(1).max(200);
const kind = z
  .enum(shortNames(OrganizationKind, 'ORGANIZATION_KIND_'))
  .transform((short) => `ORGANIZATION_KIND_${short}`);
const service = z
  .enum(shortNames(SubscribedService, 'SUBSCRIBED_SERVICE_'))
  .transform((short) => `SUBSCRIBED_SERVICE_${short}`);

const college = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  name,
  kinds: z.array(kind.pipe(z.enum(OrganizationKind))).min(1),
  voice: z.enum(['DELIBERATIVE', 'CONSULTATIVE']),
  votes: z
    .array(z.strictObject({ up_to: z.int().positive().optional(), votes: z.int().nonnegative() }))
    .min(1)
    .refine(bandsCover, 'must be bands that rise, all with `up_to` but the last'),
});

const manifest = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,31}$/),
  name,
  legal_name: name,
  region_insee_code: z.string().regex(/^\d{2}$/),
  departements: z.array(z.string().regex(/^\d[\dAB]\d?$/)).min(1),
  time_zone: z.string().refine(isTimeZone, 'must be a time zone, such as Europe/Paris'),
  language: z.enum(['fr', 'en']),
  administrator: z.strictObject({ subject: z.string().min(1).max(128), display_name: z.string().min(1).max(120) }),
  withdrawal: z.strictObject({
    notice_months: z.int().min(0).max(60),
    effect: z.enum(['END_OF_NOTICE', 'END_OF_BUDGET_YEAR']),
  }),
  admission: z.strictObject({ services_open_on_approval: z.boolean() }),
  services: z.strictObject({
    base: z.array(service.pipe(z.enum(SubscribedService))),
    optional: z.array(service.pipe(z.enum(SubscribedService))),
  }),
  colleges: z
    .array(college)
    .refine(
      (all) => isOnce(all.flatMap(({ kinds }) => kinds)),
      'must name each kind of organisation in one college at most',
    )
    .refine((all) => isOnce(all.map(({ id }) => id)), 'must have ids of their own'),
});

/** One operator, as its file in operators/ says. */
export type Manifest = z.infer<typeof manifest>;

/** Reads every manifest of a folder. Throws with the file, each key that is wrong, and what to do. */
export function readManifests(folder: string): Manifest[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => {
    const { success, data, error } = manifest.safeParse(parse(readFileSync(join(folder, file), 'utf8')));
    if (!success)
      throw new Error(`operators/${file} is no manifest. Mend it, then start again:\n${z.prettifyError(error)}`);
    if (`${data.id}.yaml` !== file)
      throw new Error(`operators/${file} says it is of ${data.id}: name the file ${data.id}.yaml, or mend its id`);
    return data;
  });
}

/** What an enum's values are called without what they all begin with; the one that says nothing is left out. */
function shortNames(values: Record<string, string>, prefix: string): string[] {
  return Object.values(values)
    .filter((value) => value.startsWith(prefix) && !value.endsWith('_UNSPECIFIED'))
    .map((value) => value.slice(prefix.length));
}

function bandsCover(bands: { up_to?: number | undefined }[]): boolean {
  return bands.every(({ up_to: most }, at) => {
    if (at === bands.length - 1) return most === undefined;
    return most !== undefined && most > (bands[at - 1]?.up_to ?? 0);
  });
}

function isOnce(all: string[]): boolean {
  return new Set(all).size === all.length;
}

function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
