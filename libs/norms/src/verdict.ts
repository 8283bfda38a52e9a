/**
 * What a norm says of a value. A norm refuses, it never repairs: a value with a space in it is refused.
 *
 * - `LENGTH`: not the number of characters the norm asks for.
 * - `DIGITS`: the right length, but a character stands where the norm does not allow it.
 * - `KEY`: well formed, but the control key is wrong: most often a digit mistyped.
 * - `TERRITORY`: well formed, but the norm has given that code to no place.
 *
 * `detail` is one English sentence for a log or a console. It never repeats the value.
 */
export type Verdict = { ok: true } | { ok: false; why: 'LENGTH' | 'DIGITS' | 'KEY' | 'TERRITORY'; detail: string };
