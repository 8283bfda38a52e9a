import type { ProcurementErrorReason } from '@jonction/contracts';
import { type ReasonOf, type RefusalText, refusals } from '@jonction/service';

/** What procurement may refuse, in words. A jurist reviews this file, not the code around it. */
const table: Record<ReasonOf<typeof ProcurementErrorReason>, RefusalText> = {
  MEMBER_CLOSED: {
    kind: 'refused',
    fr: 'L’adhésion de cet organisme est suspendue ou terminée : ce qui est en cours continue, rien de nouveau ne commence. Adressez-vous à votre opérateur.',
    en: 'The membership of this body is suspended or over: what runs goes on, nothing new begins. Turn to your operator.',
  },
  MEMBER_MERGES: {
    kind: 'refused',
    fr: 'Cet organisme est en train d’entrer dans un autre : rien de nouveau ne commence pour lui. Recommencez dans quelques minutes, pour l’organisme qui lui succède.',
    en: 'This body is about to go into another: nothing new begins for it. Call again in a few minutes, for the body that takes its place.',
  },
  NOT_A_MEMBER: {
    kind: 'refused',
    fr: 'Cet acheteur n’est pas membre de l’opérateur. Si son adhésion date d’un instant, recommencez dans quelques secondes.',
    en: 'This buyer is no member of the operator. If it was admitted a moment ago, call again in a few seconds.',
  },
  DEADLINE_PAST: {
    kind: 'invalid',
    fr: 'La date limite de remise des offres, {deadline}, est passée. Choisissez une date à venir.',
    en: 'The deadline for tenders, {deadline}, is past. Choose a date to come.',
  },
  DEADLINE_TOO_FAR: {
    kind: 'invalid',
    fr: 'La date limite de remise des offres, {deadline}, est à plus de {years} ans. Vérifiez l’année.',
    en: 'The deadline for tenders, {deadline}, is more than {years} years ahead. Check the year.',
  },
  NOT_A_DRAFT: {
    kind: 'refused',
    fr: 'Cette consultation est déjà publiée. Prolongez-la ou clôturez-la.',
    en: 'This consultation is published already. Extend it or close it.',
  },
  NOT_OPEN: {
    kind: 'refused',
    fr: 'Cette consultation ne reçoit pas d’offres : elle n’est pas publiée, ou elle est close.',
    en: 'This consultation takes no tenders: it is not published, or it is closed.',
  },
  DEADLINE_NOT_LATER: {
    kind: 'refused',
    fr: 'Une prolongation doit reporter la date limite, qui est aujourd’hui le {deadline}. Choisissez une date plus tardive.',
    en: 'An extension must put the deadline later than it is, {deadline}. Choose a later date.',
  },
  OTHER_MEMBER: {
    kind: 'forbidden',
    fr: 'Vous n’agissez que pour votre propre organisme. Demandez à un agent de l’acheteur concerné.',
    en: 'You act for your own organisation only. Ask an agent of the buyer concerned.',
  },
  ETAG_STALE: {
    kind: 'conflict',
    fr: 'La consultation a changé depuis que vous l’avez lue. Relisez-la, puis recommencez.',
    en: 'The consultation changed since you read it. Read it again, then call again.',
  },
};

export const refuse = refusals(table);
