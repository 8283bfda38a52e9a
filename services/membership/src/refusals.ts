import type { MembershipErrorReason } from '@jonction/contracts';
import { type ReasonOf, type RefusalText, refusals } from '@jonction/service';

/** What membership may refuse, in words. A jurist reviews this file, not the code around it. */
const table: Record<ReasonOf<typeof MembershipErrorReason>, RefusalText> = {
  IDENTIFIER_TAKEN: {
    kind: 'exists',
    constraint: 'identifier_once_at_a_time',
    fr: 'Un de ces codes est déjà celui d’un autre membre à la même période. Vérifiez le code et ses dates de validité.',
    en: 'One of these codes is borne by another member at the same time. Check the code and the days it is valid.',
  },
  VALIDITY_OVERLAPS: {
    kind: 'refused',
    constraint: 'identifier_one_of_a_scheme',
    fr: 'Un organisme ne porte qu’un SIREN et qu’un code INSEE à la fois. Corrigez les dates pour que l’un finisse la veille du jour où l’autre commence.',
    en: 'A body bears one SIREN and one INSEE code at a time. Mend the days, so that one ends the day before the other begins.',
  },
  SUBJECT_ENROLLED: {
    kind: 'exists',
    constraint: 'agent_subject_once',
    fr: 'Cette personne est déjà inscrite auprès de cet opérateur. Donnez-lui un rôle au lieu de l’inscrire de nouveau.',
    en: 'This person is enrolled with this operator already. Give them a role instead of enrolling them again.',
  },
  ROLE_GRANTED: {
    kind: 'exists',
    constraint: 'entitlement_role_once',
    fr: 'Cet agent a déjà ce rôle : rien à faire.',
    en: 'This agent has this role already: there is nothing to do.',
  },
  ROLE_NOT_GRANTED: {
    kind: 'refused',
    fr: 'Cet agent n’a pas ce rôle. Relisez ses rôles avant d’en retirer un.',
    en: 'This agent has not this role. Read the roles it has before you take one back.',
  },
  ROLE_UNFIT: {
    kind: 'refused',
    fr: 'Ce rôle ne convient pas à cet agent : l’administration de l’opérateur va aux agents de l’opérateur, les achats et l’administration d’un membre aux agents de ce membre.',
    en: 'This role does not fit this agent: administering the operator is for agents of the operator, buying and administering a member for agents of that member.',
  },
  OTHER_MEMBER: {
    kind: 'forbidden',
    fr: 'Vous ne gérez que les agents de votre propre organisme. Adressez-vous à l’administrateur de l’organisme concerné.',
    en: 'You manage the agents of your own organisation only. Turn to the administrator of the organisation concerned.',
  },
  BODY_CEASED: {
    kind: 'refused',
    fr: 'Cet organisme n’existe plus : rien ne peut plus y être changé. Adressez-vous à celui qui lui a succédé.',
    en: 'This body is no more: nothing of it can be changed. Turn to the one that took its place.',
  },
  BODY_LIVES: {
    kind: 'refused',
    fr: 'Cet organisme existe : il n’y a rien à rétablir.',
    en: 'This body lives: there is nothing to restore.',
  },
  DATES_CONTRADICT: {
    kind: 'refused',
    fr: 'On sait de cet organisme quelque chose qui vaut depuis le {since} : un changement ne peut pas prendre effet avant. Vérifiez la date, ou l’ordre des changements.',
    en: 'Something of this body is known since {since}: a change cannot take effect before. Check the day, or the order of the changes.',
  },
  DAY_TO_COME: {
    kind: 'refused',
    fr: 'Cette date est dans l’avenir. Enregistrez le changement le jour où il prend effet.',
    en: 'This day is in the future. Record the change on the day it takes effect.',
  },
  SAME_BODY: {
    kind: 'refused',
    fr: 'Un organisme ne peut pas être absorbé par lui-même. Indiquez celui qui lui succède.',
    en: 'A body cannot go into itself. Name the one that takes its place.',
  },
  STEP_UNFIT: {
    kind: 'refused',
    fr: 'L’adhésion en est là : {status}. Cette étape ne peut pas suivre. Relisez son historique, puis choisissez l’étape qui convient.',
    en: 'The membership stands here: {status}. This step does not follow. Read its history, then choose the step that fits.',
  },
  SERVICE_NOT_OFFERED: {
    kind: 'refused',
    fr: 'Votre opérateur ne propose pas ce service. Les services proposés sont ceux de son manifeste.',
    en: 'Your operator does not offer this service. Those it offers are in its manifest.',
  },
  SERVICE_NOT_SUBSCRIBED: {
    kind: 'refused',
    fr: 'Ce membre n’est pas abonné au service {service}. Abonnez-le d’abord.',
    en: 'This member does not subscribe to the service {service}. Subscribe it first.',
  },
  SERVICE_SUBSCRIBED: {
    kind: 'exists',
    fr: 'Ce membre est déjà abonné à ce service : rien à faire.',
    en: 'This member subscribes to this service already: there is nothing to do.',
  },
};

export const refuse = refusals(table);
