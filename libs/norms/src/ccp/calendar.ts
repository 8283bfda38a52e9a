import Holidays from 'date-holidays';
import { Temporal } from 'temporal-polyfill';

const holidays = new Holidays('FR', { types: ['public'] });

/** The day of an instant by a clock, such as `Europe/Paris`; `YYYY-MM-DD`. */
export function dayOf(at: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** The first instant of a day by a clock. */
export function startOf(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
}

export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}

/** The same day of a later month, or the last of a month that has none (CPC art. 641). */
export function addMonths(day: string, months: number): string {
  return Temporal.PlainDate.from(day).add({ months }).toString();
}

/** Whether people work on a day: no Saturday, no Sunday, no public holiday of the whole country (Code du travail L3133-1). */
export function isWorkingDay(day: string): boolean {
  const date = Temporal.PlainDate.from(day);
  if (date.dayOfWeek >= 6) return false;
  return !holidays.getHolidays(date.year).some((holiday) => holiday.date.startsWith(day));
}

/**
 * The last day of a stretch of whole days that begins the day after `day`; when nobody works on it, the next day on which
 * people do (regulation 1182/71, art. 3; CPC art. 642).
 */
export function lastDayOf(day: string, days: number): string {
  let last = addDays(day, days);
  while (!isWorkingDay(last)) last = addDays(last, 1);
  return last;
}
