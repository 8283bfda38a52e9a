import type { MembershipErrorReason } from '@jonction/contracts';
import { type ReasonOf, type RefusalText, refusals } from '@jonction/service';
import { contributionRefusals } from './domain/contribution-refusals.ts';

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
  CURSOR_UNKNOWN: {
    kind: 'refused',
    fr: 'Ce curseur ne désigne aucun changement connu : il vient d’un autre opérateur ou d’un autre membre, ou d’un moment qu’une restauration a effacé. Videz votre copie et reprenez sans curseur.',
    en: 'This cursor names no change that is known: it is of another operator or member, or of a moment that a restore undid. Empty your copy and start again without a cursor.',
  },
  FEED_RESTORED: {
    kind: 'unavailable',
    fr: 'La base a été remplie depuis une copie et ses changements n’ont pas encore d’ordre. Votre exploitant doit d’abord suivre docs/decisions/031.',
    en: 'The base was filled from a dump, and its changes have no order yet. Your operations team must first do as docs/decisions/031 says.',
  },
  ENDS_BEFORE_START: {
    kind: 'refused',
    fr: 'La fin tombe avant le début ou en même temps, alors que le début est le {since}. Vérifiez les deux dates.',
    en: 'The end comes before the start or with it, and the start is {since}. Check both dates.',
  },
  AGENT_OF_ANOTHER_MEMBER: {
    kind: 'refused',
    fr: 'Cet agent n’est pas de cet organisme. Choisissez un agent inscrit pour l’organisme dont il s’agit.',
    en: 'This agent is not of this body. Choose an agent enrolled for the body concerned.',
  },
  FUNCTION_UNFIT: {
    kind: 'refused',
    fr: 'Un organisme de cette nature n’a pas cette fonction : un maire est d’une commune, un président d’un autre organisme. Choisissez la fonction qui convient.',
    en: 'A body of this kind has no such function: a mayor is of a commune, a president of another body. Choose the function that fits.',
  },
  MANDATE_OVERLAPS: {
    kind: 'exists',
    constraint: 'mandate_once_at_a_time',
    fr: 'Cet agent exerce déjà cette fonction à la même période. Terminez d’abord son mandat, ou vérifiez les dates.',
    en: 'This agent has this function at the same time already. End that mandate first, or check the dates.',
  },
  EXECUTIVE_IN_OFFICE: {
    kind: 'exists',
    constraint: 'mandate_one_executive',
    fr: 'Cet organisme a déjà un exécutif à la même période : il n’y a qu’un maire ou qu’un président à la fois. Terminez d’abord son mandat, ou renouvelez le conseil en une fois.',
    en: 'This body has an executive at the same time already: there is one mayor or one president at a time. End that mandate first, or renew the council in one go.',
  },
  MANDATE_OVER: {
    kind: 'refused',
    fr: 'Ce mandat est terminé depuis le {since} : il n’y a plus rien à y changer. Relisez les mandats de l’organisme.',
    en: 'This mandate is over since {since}: nothing of it changes any more. Read the mandates of the body again.',
  },
  DELEGATOR_UNFIT: {
    kind: 'refused',
    fr: 'Ce mandat ne permet pas de déléguer la signature : seul l’exécutif, maire ou président, le peut. Rattachez la délégation à son mandat.',
    en: 'This mandate gives no right to delegate: the executive alone, mayor or president, may. Give the delegation under that mandate.',
  },
  DELEGATION_BEYOND_MANDATE: {
    kind: 'refused',
    fr: 'La délégation sort du mandat dont elle vient, qui va du {since} au {until}. Corrigez ses dates ; sans date de fin, elle dure autant que le mandat.',
    en: 'The delegation goes beyond the mandate it comes from, which goes from {since} to {until}. Mend its dates; without an end it lasts as long as the mandate.',
  },
  DELEGATE_IS_DELEGATOR: {
    kind: 'refused',
    fr: 'On ne se délègue rien à soi-même : l’exécutif signe déjà tout. Choisissez un autre agent de l’organisme.',
    en: 'Nobody delegates to oneself: the executive signs everything already. Choose another agent of the body.',
  },
  DELEGATION_OVER: {
    kind: 'refused',
    fr: 'Cette délégation est terminée depuis le {since} : il n’y a rien à retirer.',
    en: 'This delegation is over since {since}: there is nothing to take back.',
  },
  COUNCIL_WITHOUT_EXECUTIVE: {
    kind: 'refused',
    fr: 'Le nouveau conseil n’a pas d’exécutif : plus personne ne pourrait signer. Ajoutez le mandat du maire ou du président.',
    en: 'The new council has no executive: nobody could sign any more. Add the mandate of the mayor or the president.',
  },
  SUBSTITUTE_IS_TITULAR: {
    kind: 'refused',
    fr: 'Le suppléant est aussi le titulaire. Choisissez une autre personne, ou ne nommez pas de suppléant.',
    en: 'The substitute is the titular too. Choose another person, or name no substitute.',
  },
  ...contributionRefusals,
  MERGE_RUNNING: {
    kind: 'exists',
    constraint: 'merge_body_once',
    fr: 'Un de ces organismes est déjà pris dans une autre opération de territoire qui n’est pas terminée. Attendez sa fin, ou annulez-la.',
    en: 'One of these bodies is part of another operation on the territory that has not ended. Wait for its end, or call it off.',
  },
  MERGE_UNFIT: {
    kind: 'refused',
    fr: 'L’opération ne se tient pas. Une fusion nomme des organismes qui entrent dans un autre, et rien qui en sorte ; un rétablissement, l’inverse. Un organisme qui disparaît ou qui naît ce jour-là ne change pas en plus, et rien ne change deux fois.',
    en: 'The operation does not hold together. A merger names bodies that go into another and none that comes out; a restoration, the reverse. A body that ends or begins that day does not change besides, and nothing changes twice.',
  },
  MERGE_PAST_RETURN: {
    kind: 'refused',
    fr: 'Cette opération ne peut plus être annulée : les organismes ont changé, ou elle est terminée. Relisez où elle en est ; un rétablissement est une nouvelle opération.',
    en: 'This operation cannot be called off any more: its bodies have changed, or it has ended. Read how far it has come; a restoration is another operation.',
  },
  KINDS_DIFFER: {
    kind: 'refused',
    fr: 'Ces organismes ne sont pas de la même nature : des communes deviennent une commune, des groupements un groupement. Vérifiez les organismes et la nature de l’opération.',
    en: 'These bodies are not of one kind: communes become a commune, groupings a grouping. Check the bodies and the kind of operation.',
  },
  BODY_KNOWN: {
    kind: 'exists',
    fr: 'Cet organisme est déjà connu de votre opérateur : il n’est pas à créer. Indiquez son identifiant sans le décrire.',
    en: 'This body is known to your operator already: it is not to be created. Give its id, and do not describe it.',
  },
  BODY_ELSEWHERE: {
    kind: 'refused',
    fr: 'Cet organisme n’est pas entré dans la commune dont il sortirait. Vérifiez quelle commune a pris sa place.',
    en: 'This body had not gone into the commune out of which it would come. Check which commune took its place.',
  },
  DAY_TOO_FAR: {
    kind: 'refused',
    fr: 'Cette date est à plus de {years} ans. Vérifiez l’année.',
    en: 'This day is more than {years} years ahead. Check the year.',
  },
  AGENT_ELSEWHERE: {
    kind: 'refused',
    fr: 'Un des agents nommés n’agit pas pour la commune dont l’organisme sort. Relisez la liste de ses agents.',
    en: 'One of the agents named does not act for the commune out of which the body comes. Read the list of its agents again.',
  },
};

export const refuse = refusals(table);
