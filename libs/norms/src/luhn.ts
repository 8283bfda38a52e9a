/** The sum of the decimal digits of a string made of digits only. */
export function sumOfDigits(digits: string): number {
  let sum = 0;
  for (const digit of digits) sum += Number(digit);
  return sum;
}

/**
 * Whether the last digit of `digits` (digits only) is the Luhn key of those before it: every second digit from the
 * right is doubled, the digits of the results are added up, and the sum is a multiple of ten.
 *
 * Source: ISO/IEC 7812-1, annex B.
 */
export function hasLuhnKey(digits: string): boolean {
  let sum = 0;
  for (let fromRight = 0; fromRight < digits.length; fromRight++) {
    const digit = Number(digits[digits.length - 1 - fromRight]);
    sum += fromRight % 2 === 0 ? digit : sumOfDigits(String(2 * digit));
  }
  return sum % 10 === 0;
}
