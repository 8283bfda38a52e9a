/** What was measured over the rounds. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** One line of the table. */
export interface Figure {
  name: string;
  unit: string;
  ours: Spread;
  /** The bare thing beside it, measured in the same rounds. */
  floor?: Spread;
  /** Ours to the floor, round by round. */
  ratio?: Spread;
  /** What is promised of the ratio, or of the figure when it has no floor; absent when nothing is. */
  bar?: { kind: 'at least' | 'at most'; value: number };
}

/** Runs each subject once a round, in turn (A B A B), so that whatever slows the machine slows them alike. */
export async function interleave<Name extends string>(
  rounds: number,
  subjects: Record<Name, () => Promise<number>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values[name].push(await subjects[name]());
  }
  return values;
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** `at` from 0 to 1, of values in rising order. */
export function quantile(sorted: ArrayLike<number>, at: number): number {
  const place = at * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** A figure against its floor, with the ratio that is promised. */
export function against(
  { name, unit, bar }: { name: string; unit: string; bar: number },
  ours: number[],
  floor: number[],
): Figure {
  const ratio = ours.map((value, round) => value / (floor[round] ?? Number.NaN));
  return {
    name,
    unit,
    ours: spread(ours),
    floor: spread(floor),
    ratio: spread(ratio),
    bar: { kind: 'at least', value: bar },
  };
}

/** Undefined when nothing is promised. */
export function isMet({ ours, ratio, bar }: Figure): boolean | undefined {
  if (!bar) return undefined;
  const { median } = ratio ?? ours;
  return bar.kind === 'at least' ? median >= bar.value : median <= bar.value;
}
