/**
 * How many letters were typed wrong, if this name was meant: one left out, one too many, another one, or two in each other's
 * place (optimal string alignment). A name that holds what was asked counts as one wrong. Both in searchable form.
 */
export function errorsBetween(asked: string, name: string): number {
  if (asked === name) return 0;
  return name.includes(asked) ? 1 : alignment([...asked], [...name]);
}

function alignment(asked: string[], name: string[]): number {
  let [before, last]: number[][] = [[], name.map((_, at) => at + 1)];
  const at = (row: number[] | undefined, column: number, start: number) => (column < 0 ? start : (row?.[column] ?? 0));
  for (const [row, letter] of asked.entries()) {
    const now: number[] = [];
    for (const [column, other] of name.entries()) {
      const [above, corner] = [at(last, column, row + 1), at(last, column - 1, row)];
      const swapped = row > 0 && column > 0 && letter === name[column - 1] && asked[row - 1] === other;
      const swap = swapped ? at(before, column - 2, row - 1) + 1 : Number.POSITIVE_INFINITY;
      now.push(Math.min(above + 1, at(now, column - 1, row + 1) + 1, corner + (letter === other ? 0 : 1), swap));
    }
    [before, last] = [last ?? [], now];
  }
  return last?.at(-1) ?? asked.length;
}

/** How much of its letters a name must have in common with what was asked, from 0 to 1, for an index to find it; then less. */
export function degreesOfLikeness(asked: string): number[] {
  // As PostgreSQL counts them: three letters in a row, a word's beginning and end counted in.
  const trigrams = asked.split(/[^\p{L}\p{N}]+/u).reduce((sum, word) => sum + (word ? word.length + 1 : 0), 0);
  // Two letters in each other's place change six of them. A long name keeps most, and an index is quick where much must be
  // alike; a short one keeps two of seven.
  const alike = Math.max(0.3, Math.min(0.6, (trigrams - 6) / (trigrams + 6)));
  return [alike, alike / 2];
}

/** So many errors are a person's; beyond, another name may have been meant. */
export function errorsOfHaste(asked: string): number {
  return Math.max(1, Math.floor(asked.length / 8));
}
