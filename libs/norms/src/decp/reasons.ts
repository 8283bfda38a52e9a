/**
 * What a layer does because of a reason: `refused` by the schema, `set-aside` or `repaired` by the Ministry, or nothing
 * but a `warning`.
 */
export type Effect = 'refused' | 'set-aside' | 'repaired' | 'warning';

/** Why a contract is not kept as it stands: where (a JSON pointer into the contract), why, and what to do. */
export interface Reason {
  code: Code;
  effect: Effect;
  at: string;
  en: string;
  fr: string;
  /** Who says so. */
  source: string;
  /** What the Ministry writes in its place. */
  repair?: { from: string; to: string };
}

export type Facts = Record<string, string | number>;

const SCHEMA = 'JSON schema 2.0.4';
const XSD = 'XSD 2.0.2';
/** The Ministry's program that makes the national files, as of August 2026. */
const ARR = '139bercy/decp-arr2022 augmente/nettoyage.py';
const OURS = 'Jonction';

interface Text {
  effect: Effect;
  source: string;
  en: string;
  fr: string;
}

const says = (effect: Effect, source: string, en: string, fr: string): Text => ({ effect, source, en, fr });

const TEXTS = {
  FORMAT_V1: says(
    'refused',
    SCHEMA,
    'This contract is in the format of before 2024 (v1). Convert it: npm run -s decp -- import FILE.',
    'Ce contrat est au format d’avant 2024 (v1). Convertissez-le : npm run -s decp -- import FICHIER.',
  ),
  SCHEMA_REQUIRED: says(
    'refused',
    SCHEMA,
    'The field {field} is required: add it.',
    'Le champ {field} est obligatoire : ajoutez-le.',
  ),
  SCHEMA_UNKNOWN_FIELD: says(
    'refused',
    SCHEMA,
    'The format has no such field here: take it out, or correct its name.',
    'Le format n’a pas ce champ à cet endroit : retirez-le ou corrigez son nom.',
  ),
  SCHEMA_TYPE: says(
    'refused',
    SCHEMA,
    'The format wants a value of type {type} here: write it so, or leave an optional field out (never null, "" or "NC").',
    'Le format attend ici une valeur de type {type} : écrivez-la ainsi, ou omettez un champ facultatif (jamais null, "" ni "NC").',
  ),
  SCHEMA_VALUE: says(
    'refused',
    SCHEMA,
    'This value is not in the list of the format: write one of {allowed}, to the letter.',
    'Cette valeur n’est pas dans la liste du format : écrivez, à la lettre près, l’une de {allowed}.',
  ),
  SCHEMA_LENGTH: says(
    'refused',
    SCHEMA,
    'This text has a length that the format does not take ({limit}): correct it.',
    'La longueur de ce texte n’est pas admise par le format ({limit}) : corrigez-la.',
  ),
  SCHEMA_RANGE: says(
    'refused',
    SCHEMA,
    'This number must be {limit}: correct it.',
    'Ce nombre doit être {limit} : corrigez-le.',
  ),
  SCHEMA_PATTERN: says(
    'refused',
    SCHEMA,
    'This text must have the form {pattern}: correct it.',
    'Ce texte doit avoir la forme {pattern} : corrigez-le.',
  ),
  SCHEMA_LIST: says(
    'refused',
    SCHEMA,
    'This list is empty or says the same thing twice: leave it out, or say each thing once.',
    'Cette liste est vide ou contient deux fois la même chose : omettez-la, ou dites chaque chose une fois.',
  ),
  TOO_MANY: says(
    'refused',
    OURS,
    'This list has more than {limit} elements, which no real contract has: it was not read further.',
    'Cette liste a plus de {limit} éléments, ce qu’aucun vrai contrat n’a : elle n’a pas été lue plus loin.',
  ),
  DUPLICATE_KEY: says(
    'refused',
    'RFC 8259, section 4',
    'This name stands twice in one object, so that two readers may read two contracts: keep one.',
    'Ce nom figure deux fois dans un même objet, si bien que deux lecteurs peuvent lire deux contrats : gardez-en un.',
  ),
  XML_REPEATED: says(
    'refused',
    XSD,
    'This element stands twice where one is allowed: keep one.',
    'Cet élément figure deux fois là où un seul est admis : gardez-en un.',
  ),
  XML_STRAY: says(
    'refused',
    XSD,
    'An attribute, or text between elements, stands where the format has none: take it out.',
    'Un attribut, ou du texte entre deux éléments, figure là où le format n’en admet pas : retirez-le.',
  ),
  XML_DATE: says(
    'refused',
    XSD,
    'This is no day of the calendar: write AAAA-MM-JJ.',
    'Ce n’est pas un jour du calendrier : écrivez AAAA-MM-JJ.',
  ),
  MISSING: says(
    'set-aside',
    ARR,
    'Without {field} the Ministry keeps no contract: add it.',
    'Sans {field}, le ministère ne retient aucun contrat : ajoutez-le.',
  ),
  ID_FORMAT: says(
    'set-aside',
    ARR,
    'The number of a contract has 1 to 16 letters without accents, digits, or / - _ space . #: change it before it is first published.',
    'Le numéro d’un contrat a 1 à 16 lettres sans accent, chiffres, ou / - _ espace . # : changez-le avant sa première publication.',
  ),
  OBJECT_SHORT: says(
    'set-aside',
    ARR,
    'An object of fewer than 5 characters says too little beside a CPV code without its check digit: write what is bought.',
    'Un objet de moins de 5 caractères en dit trop peu à côté d’un code CPV sans clé : écrivez ce qui est acheté.',
  ),
  AMOUNT_HIGH: says(
    'set-aside',
    ARR,
    'An amount above {max} euros is taken for an error: check it.',
    'Un montant supérieur à {max} euros est tenu pour une erreur : vérifiez-le.',
  ),
  AMOUNT_LOW: says(
    'set-aside',
    ARR,
    'An amount below 1 euro is taken for an error: write the estimated maximum.',
    'Un montant inférieur à 1 euro est tenu pour une erreur : écrivez le maximum estimé.',
  ),
  AMOUNT_REPEATED: says(
    'set-aside',
    ARR,
    'An amount above 100 million with one digit more than six times is taken for filler: write the real one.',
    'Un montant de plus de 100 millions où un chiffre revient plus de six fois est tenu pour un remplissage : écrivez le vrai.',
  ),
  AMOUNT_SEQUENCE: says(
    'set-aside',
    ARR,
    'An amount that begins with 123456789 is taken for filler: write the real one.',
    'Un montant qui commence par 123456789 est tenu pour un remplissage : écrivez le vrai.',
  ),
  DURATION_LONG: says(
    'set-aside',
    ARR,
    'A duration above {max} months is taken for an error: check it.',
    'Une durée supérieure à {max} mois est tenue pour une erreur : vérifiez-la.',
  ),
  DURATION_SHORT: says(
    'set-aside',
    ARR,
    'A duration is 1 month or more, rounded up: correct it.',
    'Une durée est d’au moins 1 mois, arrondie au supérieur : corrigez-la.',
  ),
  DATE_FORMAT: says(
    'set-aside',
    ARR,
    'The Ministry wants a day between 2010 and 2039 written AAAA-MM-JJ, with no time zone: correct it.',
    'Le ministère attend un jour entre 2010 et 2039 écrit AAAA-MM-JJ, sans fuseau horaire : corrigez-le.',
  ),
  DATE_FUTURE: says(
    'set-aside',
    ARR,
    'This day is after the day of the file: publish once it has come, or correct it.',
    'Ce jour est postérieur à celui du fichier : publiez une fois qu’il est venu, ou corrigez-le.',
  ),
  DATE_ODD: says(
    'warning',
    ARR,
    'This day of a later act is not written AAAA-MM-JJ: some versions of the Ministry’s program set the contract aside for it.',
    'Ce jour d’un acte ultérieur n’est pas écrit AAAA-MM-JJ : certaines versions du programme du ministère écartent le contrat pour cela.',
  ),
  CONSIDERATIONS_CONTRADICT: says(
    'set-aside',
    ARR,
    '"Pas de considération…" stands beside a clause or a criterion: take out the one that is untrue.',
    '« Pas de considération… » figure à côté d’une clause ou d’un critère : retirez ce qui est faux.',
  ),
  SIRET: says(
    'set-aside',
    ARR,
    'This is no SIRET (14 digits, the last a Luhn key): compare it with the Sirene register.',
    'Ce n’est pas un SIRET (14 chiffres, le dernier étant une clé de Luhn) : comparez-le au répertoire Sirene.',
  ),
  SIRET_LA_POSTE: says(
    'set-aside',
    ARR,
    'This SIRET of La Poste is right by its own rule, but the Ministry knows the Luhn key only: publish it all the same.',
    'Ce SIRET de La Poste est juste selon sa propre règle, mais le ministère ne connaît que la clé de Luhn : publiez-le quand même.',
  ),
  SIRET_ZEROS: says(
    'set-aside',
    OURS,
    'Fourteen zeros have a right key and name nobody; the Ministry’s check of the key would let them pass: write the real SIRET.',
    'Quatorze zéros ont une clé juste et ne désignent personne ; le contrôle de clé du ministère les laisserait passer : écrivez le vrai SIRET.',
  ),
  SIRET_DOUBTFUL: says(
    'warning',
    OURS,
    'The Ministry lets this SIRET pass, but the register cannot have given it (its SIREN has a wrong key): compare them.',
    'Le ministère laisse passer ce SIRET, mais le répertoire n’a pu l’attribuer (la clé de son SIREN est fausse) : comparez-les.',
  ),
  IDENTIFIER_FORM: says(
    'set-aside',
    ARR,
    'An identifier of type {type} has the form {form}: correct it.',
    'Un identifiant de type {type} a la forme {form} : corrigez-le.',
  ),
  IDENTIFIER_UNSEEN: says(
    'warning',
    ARR,
    'This identifier is wrong; the Ministry looks at the first three holders only and does not see it: correct it.',
    'Cet identifiant est faux ; le ministère ne regarde que les trois premiers titulaires et ne le voit pas : corrigez-le.',
  ),
  IDENTIFIER_TYPE: says(
    'set-aside',
    ARR,
    'This type of identifier is unknown: write SIRET, TVA, TAHITI, RIDET, FRWF, IREP or HORS-UE.',
    'Ce type d’identifiant est inconnu : écrivez SIRET, TVA, TAHITI, RIDET, FRWF, IREP ou HORS-UE.',
  ),
  IDENTIFIER_TYPE_REPAIRED: says(
    'repaired',
    ARR,
    'The Ministry writes this type of identifier {to}: write it so.',
    'Le ministère écrit ce type d’identifiant {to} : écrivez-le ainsi.',
  ),
  CPV_KEY: says(
    'repaired',
    ARR,
    'The Ministry adds the check digit of this CPV code, or sets it right: write {to}.',
    'Le ministère ajoute ou corrige la clé de ce code CPV : écrivez {to}.',
  ),
  CPV_ZERO: says(
    'repaired',
    ARR,
    'The Ministry completes this CPV code of seven digits with a zero: write {to}.',
    'Le ministère complète d’un zéro ce code CPV de sept chiffres : écrivez {to}.',
  ),
  CPV_UNKNOWN: says(
    'repaired',
    ARR,
    'This code is not in the CPV of 2008; the Ministry replaces it by its division {to}: write the code of what is bought.',
    'Ce code n’est pas dans la CPV 2008 ; le ministère le remplace par sa division {to} : écrivez le code de ce qui est acheté.',
  ),
  CPV_UNUSABLE: says(
    'repaired',
    ARR,
    'Not even the division of this CPV code exists; the Ministry marks it {to}: write the code of what is bought.',
    'Même la division de ce code CPV n’existe pas ; le ministère le marque {to} : écrivez le code de ce qui est acheté.',
  ),
  DUPLICATE: says(
    'set-aside',
    '139bercy/decp-arr2022 general_process/GlobalProcess.py',
    'Another contract of this file (number {other}) is the same for the Ministry and was published later, or stands later: keep one.',
    'Un autre contrat de ce fichier (n° {other}) est le même pour le ministère et a été publié, ou figure, plus tard : gardez-en un.',
  ),
  PUBLISHED_ONCE: says(
    'refused',
    'arrêtés of 22 December 2022',
    'This field was published otherwise before, and what is published is not changed: add a modification.',
    'Ce champ a déjà été publié autrement, et ce qui est publié ne change plus : ajoutez une modification.',
  ),
  UID_TAKEN: says(
    'refused',
    'arrêtés of 22 December 2022',
    'This buyer has used this number for another contract (number {other} of the file): give it one of its own.',
    'Cet acheteur a déjà donné ce numéro à un autre contrat (n° {other} du fichier) : donnez-lui le sien.',
  ),
  ORIGIN_MISSING: says(
    'warning',
    ARR,
    'For this CPV code the share from France and from the Union must be said; the Ministry marks it MQ: add {field}.',
    'Pour ce code CPV, la part d’origine française et européenne doit être dite ; le ministère la marque MQ : ajoutez {field}.',
  ),
  ORIGIN_ORDER: says(
    'warning',
    'arrêtés of 22 December 2022',
    'The share from France cannot exceed that from the Union: correct one.',
    'La part d’origine française ne peut dépasser celle de l’Union : corrigez l’une d’elles.',
  ),
  SEQUENCE: says(
    'warning',
    'arrêtés of 22 December 2022',
    'The numbers of these acts are not 1, 2, 3… in the order of their days: number them again.',
    'Les numéros de ces actes ne sont pas 1, 2, 3… dans l’ordre de leurs dates : renumérotez-les.',
  ),
  ACT_UNKNOWN: says(
    'warning',
    'arrêtés of 22 December 2022',
    'This modification names a subcontracting act that is not there: correct its id.',
    'Cette modification vise un acte de sous-traitance absent : corrigez son id.',
  ),
  TEXT_NOT_XML: says(
    'warning',
    'XML 1.0, section 2.2',
    'This text holds a control character that XML cannot carry: take it out.',
    'Ce texte contient un caractère de contrôle que XML ne peut porter : retirez-le.',
  ),
} satisfies Record<string, Text>;

export type Code = keyof typeof TEXTS;

/** The reason of this code at that place, its sentences filled in. */
export function reason(code: Code, at: string, facts: Facts = {}, repair?: Reason['repair']): Reason {
  const { effect, source, en, fr } = TEXTS[code];
  const all: Facts = repair ? { ...facts, to: repair.to } : facts;
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(all[name] ?? ''));
  return { code, effect, at, en: fill(en), fr: fill(fr), source, ...(repair ? { repair } : {}) };
}
