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
  DEADLINE_TOO_EARLY: {
    kind: 'refused',
    fr: 'La date limite, {deadline}, est trop proche. {why_fr} Reportez la date limite.',
    en: 'The deadline, {deadline}, is too near. {why_en} Put the deadline later.',
  },
  PROCEDURE_UNFIT: {
    kind: 'refused',
    fr: 'Le montant estimé atteint le seuil des procédures formalisées, {threshold} € HT ({article}) : une procédure adaptée n’est pas permise. Choisissez une procédure formalisée.',
    en: 'The estimate reaches the threshold of formal procedures, {threshold} EUR without VAT ({article}): an adapted procedure is not allowed. Choose a formal one.',
  },
  NOT_IN_DRAFT: {
    kind: 'refused',
    fr: 'Cette consultation n’est plus en préparation. Rendez-la à son rédacteur, ou rectifiez-la si elle est publiée.',
    en: 'This consultation is a draft no more. Give it back to who drafts it, or rectify it if it is published.',
  },
  NOT_TO_VALIDATE: {
    kind: 'refused',
    fr: 'Cette consultation n’attend pas de validation. Soumettez d’abord le projet.',
    en: 'This consultation does not wait to be validated. Submit the draft first.',
  },
  NOT_DESCRIBED: {
    kind: 'refused',
    fr: 'Rien n’est encore dit de cette consultation : code CPV, lieux, lots, considérations. Décrivez-la d’abord.',
    en: 'Nothing is said of this consultation yet: CPV code, places, lots, considerations. Describe it first.',
  },
  NOT_CLOSED: {
    kind: 'refused',
    fr: 'Les plis ne sont ouverts qu’après la date limite, {deadline}, une fois la consultation close. Attendez cette date.',
    en: 'Tenders are opened after the deadline only, {deadline}, once the consultation is closed. Wait until then.',
  },
  LOT_STEP_UNFIT: {
    kind: 'refused',
    fr: 'Le lot {lot} en est là : {status}. Cette étape ne peut pas suivre. Relisez les lots, puis choisissez l’étape qui convient.',
    en: 'Lot {lot} stands here: {status}. This step does not follow. Read the lots, then choose the step that fits.',
  },
  STANDSTILL_RUNS: {
    kind: 'refused',
    fr: 'Le marché du lot {lot} ne peut pas être signé avant le {sign_from} : les candidats rejetés peuvent saisir le juge jusque-là (CCP R2182-1).',
    en: 'The contract of lot {lot} may not be signed before {sign_from}: until then the rejected may go to the judge (CCP R2182-1).',
  },
  EXTENSION_NEEDED: {
    kind: 'refused',
    fr: 'Une modification importante oblige à reporter la date limite, qui est le {deadline} (CCP R2151-4). Choisissez une date plus tardive.',
    en: 'An important change asks for a later deadline than {deadline} (CCP R2151-4). Choose a later date.',
  },
  REFERENCE_TAKEN: {
    kind: 'exists',
    constraint: 'consultation_reference_once',
    fr: 'Une autre consultation de cet acheteur porte déjà cette référence. Choisissez-en une autre.',
    en: 'Another consultation of this buyer bears this reference already. Choose another.',
  },
  LOTS_FIXED: {
    kind: 'refused',
    fr: 'Une rectification n’ajoute ni ne retire de lot. Clôturez cette consultation et lancez-en une autre.',
    en: 'A rectification does not add or take away lots. Close this consultation and launch another.',
  },
  TIMES_CONTRADICT: {
    kind: 'refused',
    fr: 'Cette heure est dans l’avenir, ou avant l’étape précédente ({since}). Vérifiez-la.',
    en: 'This time is in the future, or before the step before ({since}). Check it.',
  },
  NOTHING_CHANGED: {
    kind: 'refused',
    fr: 'Cette rectification ne change rien de ce qui est publié. Vérifiez ce que vous vouliez corriger.',
    en: 'This rectification changes nothing of what is public. Check what you meant to correct.',
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
