/** What may be refused about contributions, in words; a part of refusals.ts, which a jurist reviews too. */
export const contributionRefusals = {
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
} as const;
