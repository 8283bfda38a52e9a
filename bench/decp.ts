import { type Figure, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

/** The consultations of a year of both operators: as many contracts at least. */
const CONTRACTS = 16_200;
/** A twelfth of them, to have loaded and compiled all that an export needs. */
const FEW = 1_350;

interface Exported {
  seconds: number;
  /** The most memory held after a collection, and the largest resident set, in MiB. */
  held: number;
  resident: number;
}

/**
 * How long does it take to publish the essential data of a year, judged, as 24 monthly files in JSON and XML, each synced to the
 * disk? And does memory stay flat: is as much held for a year as for a twelfth of it, and does a second year in the same process
 * need no more room than the first? (The resident set of one run says little: Node collects when it has filled what it has.)
 */
export async function decp(stage: Stage, rounds: number): Promise<Figure[]> {
  const seconds: number[] = [];
  const held: number[] = [];
  const resident: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await using child = stage.child({ file: 'export.ts', node: ['--expose-gc'] });
    const exported = (count: number, watched: boolean) => child.ask<Exported>('exportFiles', { count, watched });
    const few = await exported(FEW, true);
    const year = await exported(CONTRACTS, true);
    const timed = await exported(CONTRACTS, false);
    seconds.push(timed.seconds);
    held.push(year.held - few.held);
    resident.push(timed.resident - year.resident);
  }
  const contracts = CONTRACTS.toLocaleString('en-GB');
  return [
    figure(`essential data of ${contracts} contracts published, JSON and XML`, 's', seconds, 20),
    figure(`memory held more for ${contracts} contracts than for a twelfth`, 'MiB', held, 64),
    figure('resident set of a second such export, above the first', 'MiB', resident, 64),
  ];
}

function figure(name: string, unit: string, values: number[], most: number): Figure {
  return { name, unit, ours: spread(values), bar: { kind: 'at most', value: most } };
}
