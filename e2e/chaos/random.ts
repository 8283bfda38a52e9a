/** Numbers that look random and are the same again for the same seed. */
export interface Random {
  /** From 0 up to 1, which is never reached. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True in `share` of the cases. */
  chance(share: number): boolean;
  /** One of the list; undefined when it is empty. */
  pick<T>(list: readonly T[]): T | undefined;
  /** The same things in another order. */
  shuffle<T>(list: readonly T[]): T[];
}

/** A stream of numbers of its own for each `seed` and `name`: what one part draws does not change what another gets. */
export function randomOf(seed: number, name: string): Random {
  let state = seed >>> 0;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;

  // A Weyl sequence through a mixing function (the finaliser of MurmurHash3).
  function next(): number {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    chance: (share) => next() < share,
    pick: (list) => list[between(0, list.length - 1)],
    shuffle(list) {
      const left = [...list];
      return list.map(() => left.splice(between(0, left.length - 1), 1)[0] as (typeof left)[number]);
    },
  };
}
