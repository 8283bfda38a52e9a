import type { TeletransmissionErrorReason } from '@jonction/contracts';
import { type ReasonOf, type RefusalText, refusals } from '@jonction/service';

/** What teletransmission may refuse, in words. A jurist reviews this file, not the code around it. */
const table: Record<ReasonOf<typeof TeletransmissionErrorReason>, RefusalText> = {
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
  SUCCESSOR_WITHOUT_SIREN: {
    kind: 'refused',
    fr: 'L’organisme qui succède ne porte aucun SIREN, et ceux qui entrent en lui transmettent des actes : il n’en pourrait transmettre aucun. Enregistrez son SIREN dans l’opération, puis décidez-la de nouveau.',
    en: 'The body that takes their place bears no SIREN, and those that go into it send acts: it could send none. Give its SIREN in the operation, then order it again.',
  },
  NOT_A_MEMBER: {
    kind: 'refused',
    fr: 'Cette collectivité n’est pas membre de l’opérateur. Si son adhésion date d’un instant, recommencez dans quelques secondes.',
    en: 'This authority is no member of the operator. If it was admitted a moment ago, call again in a few seconds.',
  },
  OTHER_MEMBER: {
    kind: 'forbidden',
    fr: 'Vous n’agissez que pour votre propre organisme. Demandez à un agent de la collectivité concernée.',
    en: 'You act for your own organisation only. Ask an agent of the authority concerned.',
  },
  NUMBER_TAKEN: {
    kind: 'exists',
    fr: 'La collectivité a déjà déposé un acte sous ce numéro. Retrouvez-le dans la liste, ou prenez un autre numéro.',
    en: 'The authority has deposited an act under this number before. Find it in the list, or take another number.',
    constraint: 'act_number_once',
  },
  DECISION_IN_FUTURE: {
    kind: 'invalid',
    fr: 'La date de décision est à venir ; nous sommes le {today}. Vérifiez la date, ou déposez l’acte une fois pris.',
    en: 'The day of the decision is yet to come; today is {today}. Check the day, or deposit the act once it is taken.',
  },
  DOCUMENT_EMPTY: {
    kind: 'invalid',
    fr: 'Le document est vide. Choisissez le fichier PDF de l’acte et recommencez.',
    en: 'The document is empty. Choose the PDF file of the act and call again.',
  },
  DOCUMENT_TOO_LARGE: {
    kind: 'invalid',
    fr: 'Le document dépasse 150 Mio ({limit} octets), ce que la préfecture reçoit au plus. Réduisez les images, puis recommencez.',
    en: 'The document is larger than 150 MiB ({limit} bytes), the most that the prefecture takes. Reduce its pictures, then call again.',
  },
  DOCUMENT_SIZE_WRONG: {
    kind: 'invalid',
    fr: 'Le document reçu n’a pas la taille annoncée ({announced} octets). Recalculez la taille et l’empreinte du fichier, puis renvoyez-le.',
    en: 'The document received has not the size announced ({announced} bytes). Compute size and hash of the file again, then send it again.',
  },
  DOCUMENT_HASH_WRONG: {
    kind: 'invalid',
    fr: 'Le document reçu n’a pas l’empreinte SHA-256 annoncée : il a changé en route ou depuis le calcul. Recalculez-la, puis renvoyez-le.',
    en: 'The document received has not the SHA-256 announced: it changed on the way or since. Compute it again, then send it again.',
  },
  DOCUMENT_NOT_PDF: {
    kind: 'invalid',
    fr: 'Le contenu du document n’est pas celui d’un PDF, quel que soit son nom. Exportez l’acte en PDF, puis recommencez.',
    en: 'The content of the document is not that of a PDF, whatever its name. Export the act as a PDF, then call again.',
  },
  UPLOAD_INTERRUPTED: {
    kind: 'conflict',
    fr: 'L’envoi s’est arrêté avant la fin du document. Renvoyez-le avec le même request_id : rien n’a été gardé.',
    en: 'The sending stopped before the end of the document. Send it again with the same request_id: nothing was kept.',
  },
  PUBLICATION_DAY_WRONG: {
    kind: 'invalid',
    fr: 'Un acte est publié entre le jour de sa décision ({first}) et aujourd’hui ({today}). Vérifiez la date.',
    en: 'An act is published between the day it was decided ({first}) and today ({today}). Check the day.',
  },
  ALREADY_PUBLISHED: {
    kind: 'refused',
    fr: 'La publication de cet acte, le {day}, est déjà enregistrée. Il n’y a rien à faire.',
    en: 'The publication of this act, on {day}, is recorded already. There is nothing to do.',
  },
  ACT_REJECTED: {
    kind: 'refused',
    fr: 'La préfecture a refusé cet acte. Lisez son motif, corrigez, puis déposez l’acte sous un autre numéro.',
    en: 'The prefecture refused this act. Read its reason, mend it, then deposit the act under another number.',
  },
  ETAG_STALE: {
    kind: 'conflict',
    fr: 'L’acte a changé depuis que vous l’avez lu. Relisez-le, puis recommencez.',
    en: 'The act changed since you read it. Read it again, then call again.',
  },
  SIGNATORY_UNFIT: {
    kind: 'refused',
    fr: 'Le signataire n’a pas, à cet instant, le droit de signer cet acte pour la collectivité : ni mandat en cours, ni délégation pour cette nature et ce montant. Vérifiez ses mandats et délégations, ou faites signer qui en a le droit.',
    en: 'The signatory has no right, at this instant, to sign this act for the authority: neither a mandate in force nor a delegation for this nature and amount. Check its mandates and delegations, or have it signed by who may.',
  },
  SIGNING_RIGHTS_UNCERTAIN: {
    kind: 'unavailable',
    fr: 'On ne peut pas savoir en ce moment si le signataire a encore le droit de signer : les nouvelles des mandats n’arrivent pas. Recommencez dans un instant avec le même request_id.',
    en: 'Whether the signatory still has the right to sign cannot be known at this moment: the news of mandates does not arrive. Call again in a moment with the same request_id.',
  },
};

export const refuse = refusals(table);
