/** Whether `AAAA-MM-JJ` is a day of the calendar. */
export function isDay(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  // A month that has no 31st day is rolled over to the next one by Date.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
