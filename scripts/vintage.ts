import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Member, TerritoryServiceDefinition } from '@jonction/contracts';
import type { Client } from '@jonction/contracts/client';
import { ROOT } from '@jonction/stack';
import { parse } from 'yaml';
import { callAsAdministrator } from './start/caller.ts';
import { Mistake, runCommand } from './start/running.ts';
import { type Difference, difference, type Named } from './vintage/difference.ts';
import { readVintage, VINTAGES } from './vintage/lists.ts';

const HELP = `Brings what an operator knows of the public bodies of its territory to a yearly list of the State.

  npm run -s vintage -- --operator bfc --year 2026 [--dry-run] [--successor 25134=25060]... [--json]

  --operator   whose territory: a file of operators/ names its departements
  --year       ${Object.keys(VINTAGES).join(', ')}; years are imported in their order
  --dry-run    says what would change, by kind of change, and changes nothing
  --successor  where a commune went that the lists do not follow, former=present, by INSEE code
  --json       one line of JSON for each change, then one with the counts

It speaks to the platform that npm start brings up. Exit code: 0 done, 1 refused in part or failed, 2 a wrong argument.
Sources: INSEE (COG, populations legales), DGCL, via data.gouv.fr, Licence Ouverte / Open Licence.
`;

type Territory = Client<typeof TerritoryServiceDefinition>;

await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      operator: { type: 'string', default: '' },
      year: { type: 'string', default: '' },
      successor: { type: 'string', multiple: true, default: [] },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const { operator, year, json } = values;
  if (!(Number(year) in VINTAGES)) throw new Mistake(`--year is one of ${Object.keys(VINTAGES).join(', ')}.`);
  const settled = new Map(values.successor.map(successor));
  const vintage = readVintage(Number(year), departementsOf(operator));
  using territory = await callAsAdministrator(TerritoryServiceDefinition, 'membership', operator);
  const wanted = difference(await knownTo(territory), vintage, operator, settled);
  report(wanted, json);
  if (values['dry-run'] || wanted.changes.length === 0) return;
  await apply(territory, wanted.changes, json);
  await territory.closeVintage({ requestId: randomUUID(), vintage: vintage.year, changes: wanted.changes.length });
});

function successor(pair: string): [string, string] {
  const [, from, into] = /^(\w{5})=(\w{5})$/.exec(pair) ?? [];
  if (!from || !into) throw new Mistake(`--successor "${pair}" is not former=present, two INSEE codes.`);
  return [from, into];
}

function departementsOf(operator: string): string[] {
  const file = join(ROOT, 'operators', `${operator}.yaml`);
  if (!/^[a-z0-9-]+$/.test(operator) || !existsSync(file))
    throw new Mistake(`--operator "${operator}" has no file in operators/.`);
  return (parse(readFileSync(file, 'utf8')) as { departements: string[] }).departements;
}

async function knownTo(territory: Territory): Promise<Member[]> {
  const all: Member[] = [];
  let pageToken = '';
  do {
    const page = await territory.listOrganizations({ pageSize: 500, pageToken });
    all.push(...page.members);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return all;
}

function report({ changes, guessed }: Difference, json: boolean): void {
  const kindOf = ({ change }: Named) => change.change?.$case ?? '';
  const counts = [...Map.groupBy(changes, kindOf)].map(([kind, all]) => [kind, all.length] as const);
  if (json) {
    for (const { code, name, change } of changes) console.log(JSON.stringify({ code, name, ...change }));
    console.log(JSON.stringify({ counts: Object.fromEntries(counts), guessed }));
    return;
  }
  if (changes.length === 0) console.log('nothing changes');
  for (const [kind, count] of counts) {
    console.log(`${kind}: ${count}`);
    const examples = changes.filter((one) => kindOf(one) === kind).slice(0, 5);
    for (const { code, name, change } of examples)
      console.log(`  ${code} ${name} ${JSON.stringify(change.change?.value)}`);
  }
  for (const { code, name, into } of guessed)
    console.log(
      `to review: ${code} ${name} went into ${into || 'nobody knows what'}; --successor ${code}=… says otherwise`,
    );
}

/** Each change has its receipt; those refused are said one by one, and the command fails after the last. */
async function apply(territory: Territory, changes: Named[], json: boolean): Promise<void> {
  const asked = changes.map(({ change }) => ({ requestId: randomUUID(), change }));
  const byId = new Map<string, Named | undefined>(asked.map(({ requestId }, at) => [requestId, changes[at]]));
  let refused = 0;
  async function* all() {
    for (const change of asked) yield { change };
  }
  for await (const { requestId, outcome } of territory.recordChanges(all())) {
    if (outcome?.$case !== 'refusal') continue;
    refused++;
    const { code, name } = byId.get(requestId) ?? {};
    process.stderr.write(`${code} ${name} is refused: ${outcome.value.messageEn}\n`);
  }
  if (!json) console.log(`${changes.length - refused} changes recorded, ${refused} refused`);
  if (refused > 0) throw new Error('What was refused is to be settled; running this again takes up where it stopped.');
}
