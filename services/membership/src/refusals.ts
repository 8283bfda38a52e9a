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
  BAND_GAP: {
    kind: 'refused',
    fr: 'Le barème laisse un trou : {place} commence à {from}, on attend {expected}. Chaque tranche commence juste après la précédente, la première à 0, et la dernière n’a pas de fin (up_to à 0).',
    en: 'The schedule leaves a gap: {place} begins at {from} where {expected} is expected. Each band begins right after the one before, the first at 0, and the last has no end (up_to 0).',
  },
  BAND_OVERLAP: {
    kind: 'refused',
    fr: 'Deux tranches du barème se recouvrent : {place} commence à {from}, on attend {expected}. Chaque tranche commence juste après la fin de la précédente.',
    en: 'Two bands of the schedule overlap: {place} begins at {from} where {expected} is expected. Each band begins right after the end of the one before.',
  },
  PRICES_FALL: {
    kind: 'refused',
    fr: 'Le prix baisse à la tranche {place} : un organisme plus grand paierait moins qu’un plus petit. Corrigez les prix.',
    en: 'The price falls at the band {place}: a larger body would pay less than a smaller one. Correct the prices.',
  },
  SERVICE_PRICED_TWICE: {
    kind: 'refused',
    fr: 'Un service est payé deux fois pour un même type d’organisme : {place}, et {before}. Retirez-le de l’un des deux.',
    en: 'A service is paid twice for one kind of organisation: {place}, and {before}. Take it out of one of the two.',
  },
  SHARES_EXCEED: {
    kind: 'refused',
    fr: 'En {year}, des tiers paieraient ensemble {points} sur 10000 pour un même membre ({place}). Réduisez leurs parts, ou distinguez leurs membres.',
    en: 'In {year}, third parties together would pay {points} of 10000 for one member ({place}). Lower their parts, or tell their members apart.',
  },
  SCHEDULES_OVERLAP: {
    kind: 'exists',
    constraint: 'contribution_schedule_once_a_year',
    fr: 'Un autre barème vaut déjà une de ces années. Nommez celui que le nouveau remplace (replaces_schedule_id), ou corrigez les années.',
    en: 'Another schedule is valid in one of these years already. Name the one that the new one replaces (replaces_schedule_id), or correct the years.',
  },
  SCHEDULE_NOT_VALID: {
    kind: 'refused',
    fr: 'Ce barème ne vaut pas pour {year}. Relisez la liste des barèmes adoptés et choisissez celui de cette année.',
    en: 'This schedule is not valid in {year}. Read the list of adopted schedules and choose the one of that year.',
  },
  YEAR_ASSESSED: {
    kind: 'refused',
    fr: 'Les contributions de {year} sont arrêtées avec un autre barème : elles ne changent plus. Un nouveau barème commence après cette année.',
    en: 'The contributions of {year} are fixed with another schedule: they do not change any more. A new schedule begins after that year.',
  },
  YEAR_TO_COME: {
    kind: 'refused',
    fr: 'L’année {year} n’a pas commencé : ses effectifs, budgets et populations ne sont pas connus. Simulez-la, et arrêtez-la à partir du 1er janvier.',
    en: 'The year {year} has not begun: its staff, budgets and inhabitants are not known. Simulate it, and fix it from 1 January on.',
  },
  NO_SCHEDULE: {
    kind: 'refused',
    fr: 'Aucun barème ne vaut pour {year}. Adoptez-en un, ou nommez celui qu’il faut appliquer.',
    en: 'No schedule is valid in {year}. Adopt one, or name the one to apply.',
  },
  NO_MEMBER_THAT_YEAR: {
    kind: 'refused',
    fr: 'Cet organisme n’était pas membre en {year} au jour qui compte : il ne doit rien. Vérifiez l’année et l’historique de son adhésion.',
    en: 'This body was no member in {year} on the day that counts: it owes nothing. Check the year and the history of its membership.',
  },
  KIND_UNPRICED: {
    kind: 'refused',
    fr: 'Le barème ne dit pas ce que paie ce type d’organisme pour son adhésion. Membres concernés : {members}, dont {memberId}. Ajoutez-lui un tarif, même à 0.',
    en: 'The schedule does not say what this kind of organisation pays for its membership. Members concerned: {members}, {memberId} among them. Give it a tariff, be it 0.',
  },
  SERVICE_UNPRICED: {
    kind: 'refused',
    fr: 'Un service souscrit n’est ni compris ni tarifé par le barème. Membres concernés : {members}, dont {memberId}. Incluez ce service ou donnez-lui un prix, même à 0.',
    en: 'A service subscribed is neither included nor priced by the schedule. Members concerned: {members}, {memberId} among them. Include the service or price it, be it 0.',
  },
  FACTS_MISSING: {
    kind: 'refused',
    fr: 'La population, le budget ou l’effectif dont dépend le prix n’est pas connu au jour qui compte. Membres concernés : {members}, dont {memberId}. Enregistrez-le (RecordSize, ou une révision de population).',
    en: 'The inhabitants, the budget or the staff that the price depends on is not known on the day that counts. Members concerned: {members}, {memberId} among them. Record it (RecordSize, or a revision of the population).',
  },
  GROUPING_NOT_MEMBER: {
    kind: 'refused',
    fr: 'Le barème fait payer le groupement à la place de ce membre, mais son groupement n’est pas un membre qui paie. Membres concernés : {members}, dont {memberId}. Admettez le groupement, corrigez le rattachement, ou donnez un tarif à ce type d’organisme.',
    en: 'The schedule has the grouping pay in place of this member, but its grouping is no member that pays. Members concerned: {members}, {memberId} among them. Admit the grouping, correct which one it is, or give this kind of organisation a tariff.',
  },
  PART_SETTLED: {
    kind: 'exists',
    fr: 'Ce payeur a déjà réglé sa part, le {day} : rien à faire.',
    en: 'This payer has paid its part already, on {day}: there is nothing to do.',
  },
  NO_SUCH_PAYER: {
    kind: 'refused',
    fr: 'Ce payeur n’a pas de part dans cette contribution. Relisez-la : elle nomme ses payeurs (vide pour le membre lui-même).',
    en: 'This payer has no part in this contribution. Read it: it names its payers (empty for the member itself).',
  },
  CONTRIBUTION_FIXED: {
    kind: 'exists',
    constraint: 'contribution_once_a_year',
    fr: 'Ces contributions viennent d’être arrêtées par quelqu’un d’autre. Relisez-les avant de recommencer.',
    en: 'Somebody else has just fixed these contributions. Read them before you call again.',
  },
  DUE_DAY_PAST: {
    kind: 'refused',
    fr: 'La date limite de paiement, le {dueOn}, est déjà passée. Choisissez un jour à venir.',
    en: 'The last day to pay, {dueOn}, is past already. Choose a day to come.',
  },
  SIZE_RECORDED_LATER: {
    kind: 'refused',
    fr: 'On connaît le budget ou l’effectif de ce membre depuis le {since} : on n’en enregistre pas d’antérieur. Vérifiez la date.',
    en: 'The budget or the staff of this member is known since {since}: none is recorded for before. Check the day.',
  },
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
