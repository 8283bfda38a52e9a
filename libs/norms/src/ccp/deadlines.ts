import { addDays, addMonths, dayOf, lastDayOf, startOf } from './calendar.ts';
import { type Circumstance, COUNTS, type Estimate, type Source, shortest } from './rules.ts';

export type Step = 'APPLICATIONS' | 'TENDERS' | 'LAST_ANSWER' | 'STANDSTILL' | 'AWARD_NOTICE' | 'ESSENTIAL_DATA';

/** One step with the moment that the rules give it. */
export interface Due extends Source {
  step: Step;
  /** Whether it may not come before `at`, or not after. */
  bound: 'EARLIEST' | 'LATEST';
  at: Date;
  fr: string;
  en: string;
}

/** When things happen, as far as one knows. */
export interface Moments {
  /** The notice is sent. */
  dispatchedAt: Date;
  /** Candidates are invited to tender; taken for the end of the applications when absent. */
  invitedAt?: Date | undefined;
  /** Until when tenders are taken, as the buyer wants it. */
  deadline?: Date | undefined;
  rejectionsSentAt?: Date | undefined;
  signedAt?: Date | undefined;
  notifiedAt?: Date | undefined;
}

export interface Question {
  estimate: Estimate;
  circumstances: Circumstance[];
  moments: Moments;
  /** The buyer's clock, such as `Europe/Paris`. */
  timeZone: string;
  /** Rejections go out on paper: the standstill is longer. */
  onPaper?: boolean;
}

/** Each step that the rules give a moment, in the order of a procedure; those of which the start is not known are left out. */
export function dueDates(question: Question): Due[] {
  return [...limits(question), ...lastAnswer(question), ...afterwards(question)];
}

function limits({ estimate, circumstances, moments, timeZone }: Question): Due[] {
  const { procedure } = estimate;
  const applications = shortest(procedure, 'APPLICATIONS', circumstances);
  const tenders = shortest(procedure, 'TENDERS', circumstances);
  const dues: Due[] = [];
  let from = moments.dispatchedAt;
  if (applications) {
    const due = earliest('APPLICATIONS', applications, { from, timeZone, since: SENT });
    dues.push(due);
    from = moments.invitedAt ?? due.at;
  }
  const since = applications ? INVITED : SENT;
  if (tenders) dues.push(earliest('TENDERS', tenders, { from, timeZone, since }));
  return dues;
}

const SENT = { fr: 'l’envoi de l’avis', en: 'the notice was sent' };
const INVITED = { fr: 'l’envoi de l’invitation', en: 'the invitation was sent' };
const NAMES = {
  APPLICATIONS: { fr: 'les candidatures', en: 'applications' },
  TENDERS: { fr: 'les offres', en: 'tenders' },
};

function earliest(
  step: 'APPLICATIONS' | 'TENDERS',
  { days, article, sure }: Source & { days: number },
  { from, timeZone, since }: { from: Date; timeZone: string; since: { fr: string; en: string } },
): Due {
  // The last day counts whole: the limit may be the first instant of the day after it.
  const day = addDays(lastDayOf(dayOf(from, timeZone), days), 1);
  return {
    ...{ step, bound: 'EARLIEST', at: startOf(day, timeZone), article, sure },
    fr: `Il faut laisser ${days} jours au moins pour ${NAMES[step].fr}, comptés du lendemain du jour de ${since.fr} ; un délai qui finit un samedi, un dimanche ou un jour férié va jusqu’au jour ouvrable suivant. Au plus tôt le ${day} à 0 h 00 (${article}).`,
    en: `At least ${days} days must be left for ${NAMES[step].en}, counted from the day after ${since.en}; a time that ends on a Saturday, a Sunday or a public holiday goes on to the next working day. At the earliest ${day} at 00:00 (${article}).`,
  };
}

function lastAnswer({ circumstances, moments: { deadline }, timeZone }: Question): Due[] {
  if (!deadline) return [];
  const { days: usual, urgent, article, sure } = COUNTS.LAST_ANSWER;
  const days = circumstances.includes('URGENT') ? urgent : usual;
  // The last whole day that is `days` days before the limit.
  const last = addDays(dayOf(deadline, timeZone), -days);
  return [
    {
      ...{ step: 'LAST_ANSWER', bound: 'LATEST', at: endOf(last, timeZone), article, sure },
      fr: `Les réponses aux questions posées à temps sont envoyées à tous ${days} jours au plus tard avant la date limite, donc le ${last} au plus tard ; sinon la date limite est reportée (${article}, R2151-4).`,
      en: `Questions asked in time are answered to all ${days} days before the deadline at the latest, so on ${last} at the latest; otherwise the deadline is put later (${article}, R2151-4).`,
    },
  ];
}

function afterwards({ estimate, moments, timeZone, onPaper = false }: Question): Due[] {
  const dues: Due[] = [];
  const { rejectionsSentAt, signedAt, notifiedAt } = moments;
  if (rejectionsSentAt && isFormal(estimate)) {
    const { days: electronic, onPaper: paper, article, sure } = COUNTS.STANDSTILL;
    const days = onPaper ? paper : electronic;
    // Days lie between the sending and the signature, the last one whole (CE, 2 August 2011, no. 347526).
    const day = addDays(dayOf(rejectionsSentAt, timeZone), days);
    dues.push({
      ...{ step: 'STANDSTILL', bound: 'EARLIEST', at: startOf(day, timeZone), article, sure },
      fr: `Le marché ne peut être signé que ${days} jours après l’envoi des lettres de rejet, donc le ${day} au plus tôt (${article}).`,
      en: `The contract may be signed ${days} days after the rejection letters were sent, so on ${day} at the earliest (${article}).`,
    });
  }
  if (signedAt && isFormal(estimate)) {
    const { days, article, sure } = COUNTS.AWARD_NOTICE;
    const last = addDays(dayOf(signedAt, timeZone), days);
    dues.push({
      ...{ step: 'AWARD_NOTICE', bound: 'LATEST', at: endOf(last, timeZone), article, sure },
      fr: `L’avis d’attribution est envoyé dans les ${days} jours de la signature, donc le ${last} au plus tard (${article}).`,
      en: `The award notice is sent within ${days} days of the signature, so on ${last} at the latest (${article}).`,
    });
  }
  if (notifiedAt) {
    const { months, article, sure } = COUNTS.ESSENTIAL_DATA;
    const last = addMonths(dayOf(notifiedAt, timeZone), months);
    dues.push({
      ...{ step: 'ESSENTIAL_DATA', bound: 'LATEST', at: endOf(last, timeZone), article, sure },
      fr: `Les données essentielles sont publiées dans les ${months} mois de la notification, donc le ${last} au plus tard (${article}).`,
      en: `The essential data are published within ${months} months of the notification, so on ${last} at the latest (${article}).`,
    });
  }
  return dues;
}

/** Whether rejected tenderers have a time to go to the judge before the signature. */
function isFormal({ procedure }: Estimate): boolean {
  return procedure !== 'ADAPTED' && procedure !== 'WITHOUT_COMPETITION';
}

function endOf(day: string, timeZone: string): Date {
  return new Date(startOf(addDays(day, 1), timeZone).getTime() - 1);
}
