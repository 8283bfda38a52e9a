import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ContributionServiceDefinition, type SimulatedContribution, type SimulationSummary } from '@jonction/contracts';
import { CallError, type Client } from '@jonction/contracts/client';
import { readSchedule } from './contributions/schedule-file.ts';
import { callAsAdministrator } from './start/caller.ts';
import { Mistake, runCommand } from './start/running.ts';

const HELP = `What members pay: tries a schedule on all of them, adopts it, fixes a year, and says why a member pays what it pays.

  npm run -s contributions -- simulate <file> --operator bfc --year 2027 [--largest 10] [--json]
  npm run -s contributions -- adopt <file> --operator bfc --decision AG-2026-03 [--replaces <schedule id>] [--json]
  npm run -s contributions -- list --operator bfc [--json]
  npm run -s contributions -- assess --operator bfc --year 2026 --schedule <schedule id> --due 2027-03-31 [--json]
  npm run -s contributions -- explain <member id> --operator bfc --year 2026 [--schedule <schedule id>] [--json]

  <file>       a schedule in YAML, as operators/schedules/bfc.yaml (an example: its amounts are invented)
  simulate     the total, winners and losers against the schedule in force, and the largest changes; writes nothing
  adopt        the schedule is in force from its first year on; --replaces names the one that gives way
  assess       fixes the contributions of a year, all of them or none; again, it adds members admitted since
  explain      the lines of a contribution, the rule of each in French and in English, and who pays
  --largest    how many of the largest changes to show (10)
  --json       simulate: one line of JSON a member, then the totals; the others: one line. Amounts are cents

It speaks to the platform that npm start brings up. Exit code: 0 done, 1 refused or failed, or simulated with members whose
contribution cannot be told; 2 a wrong argument or a file that is no schedule.
`;

type Contributions = Client<typeof ContributionServiceDefinition>;
const text = { type: 'string', default: '' } as const;
const options = {
  ...{ operator: text, year: text, schedule: text, decision: text, replaces: text, due: text },
  largest: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

/** What each verb does with what follows it. */
const verbs: Record<string, (contributions: Contributions, what: string, values: Values) => Promise<void>> = {
  simulate,
  adopt,
  list,
  assess,
  explain,
};

await runCommand(async () => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  if (values.help) return void process.stdout.write(HELP);
  const [verb = '', what = '', ...more] = positionals;
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!run || more.length > 0) throw new Mistake(`say one of ${Object.keys(verbs).join(', ')}; --help says more.`);
  // A file that is no schedule is said before a platform is looked for.
  if (verb === 'simulate' || verb === 'adopt') readSchedule(what);
  using contributions = await callAsAdministrator(ContributionServiceDefinition, 'membership', values.operator);
  await run(contributions, what, values).catch(sayWhy);
});

/** A refusal in both languages, as it came. */
function sayWhy(error: unknown): never {
  if (!(error instanceof CallError) || error.french === '') throw error;
  throw new Error(`${error.reason}: ${error.french}\n${error.english}`);
}

async function simulate(contributions: Contributions, file: string, values: Values): Promise<void> {
  if (!/^\d{1,4}$/.test(values.largest)) throw new Mistake(`--largest "${values.largest}" is no number.`);
  const asked = { year: yearOf(values), schedule: { $case: 'draft' as const, value: readSchedule(file) } };
  const each: SimulatedContribution[] = [];
  let all: SimulationSummary | undefined;
  for await (const { part } of contributions.simulateSchedule(asked)) {
    if (part?.$case === 'summary') all = part.value;
    if (part?.$case !== 'contribution') continue;
    each.push(part.value);
    if (values.json) print(part.value);
    progress(each.length);
  }
  if (!all) throw new Error('the simulation ended without its totals.');
  if (values.json) print(all);
  else report(each, all, Number(values.largest));
  if (all.untold > 0) process.exitCode = 1;
}

/** Said on the error output of a terminal, over and over on one line. */
function progress(members: number): void {
  if (process.stderr.isTTY && members % 250 === 0) process.stderr.write(`${members} members\r`);
}

function report(each: SimulatedContribution[], all: SimulationSummary, largest: number): void {
  const against = all.baselineScheduleId ? `against schedule ${all.baselineScheduleId}` : 'with no schedule to compare';
  console.log(`${all.members} members, ${against}, taxes included:`);
  console.log(
    `  total   ${euros(all.beforeCents)} → ${euros(all.afterCents)}, ${signed(all.afterCents - all.beforeCents)}`,
  );
  console.log(`          of which third parties pay ${euros(all.thirdPartiesCents)}`);
  console.log(`  winners ${all.winners}, losers ${all.losers}, unchanged ${all.unchanged}`);
  const size = (one: SimulatedContribution) => Math.abs(Number(one.differenceCents));
  const changed = each.filter((one) => size(one) > 0).toSorted((a, b) => size(b) - size(a));
  for (const one of changed.slice(0, largest))
    console.log(
      `  ${signed(one.differenceCents).padStart(14)}  ${one.name} (${one.memberId}): ${euros(one.beforeCents)} → ${euros(one.afterCents)}`,
    );
  if (all.untold === 0) return;
  console.log(`  cannot be told: ${all.untold}`);
  const why = (one: SimulatedContribution) => (isTold(one.problem) ? one.problemBefore : one.problem);
  const untold = each.filter((one) => !isTold(why(one)));
  for (const [problem, its] of Map.groupBy(untold, why)) {
    const words = problem.replace('CONTRIBUTION_PROBLEM_', '').replaceAll('_', ' ').toLowerCase();
    console.log(`    ${words}: ${its.length}, such as ${its[0]?.name} (${its[0]?.memberId})`);
  }
}

async function adopt(contributions: Contributions, file: string, values: Values): Promise<void> {
  const { decision: decisionRef, replaces: replacesScheduleId } = values;
  if (!decisionRef) throw new Mistake('--decision is missing: the assembly’s decision, as you number it.');
  const asked = { requestId: randomUUID(), schedule: readSchedule(file), replacesScheduleId, decisionRef };
  const { scheduleId = '', schedule } = (await contributions.adoptSchedule(asked)).schedule ?? {};
  if (values.json) print({ scheduleId, firstYear: schedule?.firstYear });
  else console.log(`schedule ${scheduleId} is adopted, from ${schedule?.firstYear} on`);
}

async function list(contributions: Contributions, _: string, values: Values): Promise<void> {
  for (let pageToken = ''; ; ) {
    const page = await contributions.listSchedules({ pageSize: 500, pageToken });
    for (const { scheduleId, schedule, validUntilYear, withdrawn, decisionRef } of page.schedules) {
      const { firstYear } = schedule ?? {};
      if (values.json) print({ scheduleId, firstYear, validUntilYear, withdrawn, decisionRef });
      else if (withdrawn) console.log(`${scheduleId}  withdrawn  ${decisionRef}`);
      else console.log(`${scheduleId}  ${firstYear}–${validUntilYear || ''}  ${decisionRef}  ${schedule?.name}`);
    }
    pageToken = page.nextPageToken;
    if (!pageToken) return;
  }
}

async function assess(contributions: Contributions, _: string, values: Values): Promise<void> {
  const { schedule: scheduleId, due: dueOn } = values;
  if (!scheduleId || !dueOn) throw new Mistake('--schedule and --due are needed; --help says more.');
  const year = yearOf(values);
  const answer = await contributions.assessContributions({ requestId: randomUUID(), year, scheduleId, dueOn });
  if (values.json) print({ ...answer });
  else
    console.log(
      `${answer.assessed} contributions of ${year} are fixed, ${euros(answer.totalCents)} in all, due on ${dueOn}; ${answer.assessedBefore} were before`,
    );
}

async function explain(contributions: Contributions, memberId: string, values: Values): Promise<void> {
  const asked = { memberId, year: yearOf(values), scheduleId: values.schedule };
  const { contribution, rules } = await contributions.explainContribution(asked);
  if (values.json) return print({ contribution, rules });
  if (!contribution) return;
  const state = contribution.contributionId ? `fixed, due on ${contribution.dueOn}` : 'not fixed yet';
  console.log(`${contribution.memberId} in ${contribution.year}, facts of ${contribution.factsOn}: ${state}`);
  for (const [at, line] of contribution.lines.entries()) {
    console.log(`  ${euros(line.netCents).padStart(14)}  ${line.name}`);
    console.log(`                  ${rules[at]?.french}`);
    console.log(`                  ${rules[at]?.english}`);
  }
  for (const { vatBasisPoints, vatCents } of contribution.vat.filter((one) => one.vatBasisPoints > 0))
    console.log(`  ${euros(vatCents).padStart(14)}  TVA ${vatBasisPoints / 100} %`);
  console.log(`  ${euros(contribution.totalCents).padStart(14)}  total`);
  for (const { payerId, cents, settledOn } of contribution.payers)
    console.log(`    ${payerId || 'the member'} pays ${euros(cents)}${settledOn ? `, paid on ${settledOn}` : ''}`);
}

function yearOf({ year }: Values): number {
  if (!/^\d{4}$/.test(year)) throw new Mistake(`--year "${year}" is no year.`);
  return Number(year);
}

const isTold = (problem: string) => problem === 'CONTRIBUTION_PROBLEM_UNSPECIFIED';

function euros(cents: bigint): string {
  const [whole, rest] = [cents / 100n, (cents < 0n ? -cents : cents) % 100n];
  const sign = cents < 0n && whole === 0n ? '-' : '';
  return `${sign}${whole.toLocaleString('en-GB')}.${String(rest).padStart(2, '0')} €`;
}

function signed(cents: bigint): string {
  return cents > 0n ? `+${euros(cents)}` : euros(cents);
}

/** One line of JSON; cents as text, as in proto3 JSON. */
function print(what: object): void {
  console.log(JSON.stringify(what, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
}
