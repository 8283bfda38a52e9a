import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  MembershipServiceDefinition,
  type Merge,
  MergeServiceDefinition,
  type PreviewMergeResponse,
  type ServicePreview,
} from '@jonction/contracts';
import { CallError, type Client } from '@jonction/contracts/client';
import { planOf } from './merge/plan.ts';
import { callAsAdministrator } from './start/caller.ts';
import { Mistake, runCommand } from './start/running.ts';

const HELP = `Changes the territory as one operation over several bodies and all services: mergers, new communes, restorations.

  npm run -s merge -- preview --operator bfc --kind new-commune --on 2027-01-01 --from 21001 --from 21002 --name Val-Neuf
  npm run -s merge -- start   … the same …, [--wait]
  npm run -s merge -- show <merge id> --operator bfc [--wait]
  npm run -s merge -- cancel <merge id> --operator bfc
  npm run -s merge -- list --operator bfc

  --kind         new-commune (32), simple (31), association (33), groupings, restoration (21); numbers are those of INSEE
  --on           the day of effect; one that is past takes effect at once, one to come is waited for
  --from         a body that goes into another; say it for each
  --into         the body that takes their place, or the commune out of which some come; a new one is created without it
  --restore      a body that comes out of --into, with the codes it bore last; say it for each
  --name --siren --insee --epci --population --departement
                 what the new body is; with --into, what changes of that body the same day (--departement does not)
  --decision     the decision behind it, such as 2026-1043
  --wait         until it has ended
  --json         one line of JSON

Bodies are named by INSEE code, by SIREN, also of before, or by our own id. preview changes nothing: it prints what runs in every
service. It speaks to the platform that npm start brings up.
Exit code: 0 done, 1 refused, undone or failed, 2 a wrong argument, 3 previewed, but a service could not be asked.
`;

const text = { type: 'string', default: '' } as const;
const many = { type: 'string', multiple: true, default: [] as string[] } as const;
const flag = { type: 'boolean', default: false } as const;

type Merges = Client<typeof MergeServiceDefinition>;

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ operator: text, kind: text, on: text, from: many, into: text, restore: many, decision: text },
      ...{ name: text, siren: text, insee: text, epci: text, population: text, departement: text },
      ...{ wait: flag, json: flag, help: { ...flag, short: 'h' } },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [verb = '', mergeId = ''] = positionals;
  if (!['preview', 'start', 'show', 'cancel', 'list'].includes(verb))
    throw new Mistake('say preview, start, show, cancel or list; --help says more.');
  if (['show', 'cancel'].includes(verb) && !mergeId) throw new Mistake(`say which one: ${verb} <merge id>.`);
  using membership = await callAsAdministrator(MembershipServiceDefinition, 'membership', values.operator);
  using merges = await callAsAdministrator(MergeServiceDefinition, 'membership', values.operator);
  try {
    if (verb === 'preview')
      return preview(await merges.previewMerge({ plan: await planOf(values, membership) }), values.json);
    if (verb === 'list') return list((await merges.listMerges({ pageSize: 500 })).merges, values.json);
    if (verb === 'cancel') await merges.cancelMerge({ requestId: randomUUID(), mergeId });
    const id = verb === 'start' ? await start(merges, await planOf(values, membership)) : mergeId;
    await show(merges, id, values);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new Error([error.french, error.english].filter(Boolean).join('\n') || error.message);
  }
});

async function start(merges: Merges, plan: Awaited<ReturnType<typeof planOf>>): Promise<string> {
  const { merge } = await merges.startMerge({ requestId: randomUUID(), plan });
  return merge?.mergeId ?? '';
}

function preview({ bodies, services }: PreviewMergeResponse, json: boolean): void {
  if (services.some(({ known }) => !known)) process.exitCode = 3;
  if (json) return void console.log(JSON.stringify({ bodies, services }));
  for (const { memberId, name, status, identifiers } of bodies) {
    const codes = identifiers.filter(({ validUntil }) => !validUntil).map(({ value }) => value);
    console.log(`${name} (${[...codes, memberId].join(', ')}) ${status.replace('MEMBER_STATUS_', '').toLowerCase()}`);
  }
  for (const service of services) previewOf(service);
}

function previewOf({ service, known, unknownFr, unknownEn, running }: ServicePreview): void {
  if (!known) return void console.log(`${service}: NOT KNOWN\n  ${unknownFr}\n  ${unknownEn}`);
  console.log(`${service}: ${running.map(({ kind, count }) => `${count} ${kind}`).join(', ')}`);
  for (const { kind, count, items } of running) {
    for (const { id, label, status, endsAt } of items)
      console.log(
        `  ${kind} ${id} ${[label, status, endsAt && `until ${endsAt.toISOString()}`].filter(Boolean).join(', ')}`,
      );
    if (count > items.length) console.log(`  ${kind}: ${count - items.length} more`);
  }
}

function list(merges: Merge[], json: boolean): void {
  for (const merge of merges) {
    if (json) console.log(JSON.stringify(merge));
    else console.log(`${merge.mergeId} ${inWords(merge)}`);
  }
  if (merges.length === 0 && !json) console.log('no operation was ever ordered');
}

function inWords({ status, plan }: Merge): string {
  const short = (word = '') => word.replace(/^MERGE_(STATUS|KIND)_/, '').toLowerCase();
  return `${short(status)}: ${short(plan?.kind)}, effective on ${plan?.effectiveOn}`;
}

/** How far it has come; with --wait its end, and then exit code 1 when it did not take place. */
async function show(merges: Merges, mergeId: string, { wait, json }: { wait: boolean; json: boolean }): Promise<void> {
  const read = async () => (await merges.getMerge({ mergeId })).merge as Merge;
  let merge = await read();
  const ended = () => ['MERGE_STATUS_COMPLETE', 'MERGE_STATUS_CANCELLED'].includes(merge.status);
  while (wait && !ended()) {
    await pause(500);
    merge = await read();
  }
  if (wait && merge.status !== 'MERGE_STATUS_COMPLETE') process.exitCode = 1;
  if (json) return void console.log(JSON.stringify(merge));
  console.log(`${merge.mergeId} ${inWords(merge)}`);
  for (const { at, wordsFr, wordsEn } of merge.steps) console.log(`  ${at?.toISOString()}  ${wordsEn}  /  ${wordsFr}`);
  if (merge.waitsFor.length > 0) console.log(`  waits for ${merge.waitsFor.join(', ')}`);
}
