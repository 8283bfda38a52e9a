export { addDays, dayOf, isWorkingDay, startOf } from './calendar.ts';
export { type Due, dueDates, type Moments, type Question, type Step } from './deadlines.ts';
export {
  type BuyerKind,
  type Circumstance,
  dutiesOn,
  type Estimate,
  type Nature,
  type Procedure,
  type Regime,
  RULES_VERSION,
  regimeOn,
  type Source,
  type Support,
} from './rules.ts';
