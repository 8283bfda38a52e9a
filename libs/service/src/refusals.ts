import type { SharedErrorReason } from '@jonction/contracts';
import { type ReasonOf, type RefusalText, refusals } from './refusal.ts';

/** What every service may refuse, in words. A jurist reviews this file, not the code around it. */
const table: Record<ReasonOf<typeof SharedErrorReason>, RefusalText> = {
  TOKEN_MISSING: {
    kind: 'unauthenticated',
    fr: "L'appel ne porte pas de jeton. Ajoutez la métadonnée « authorization: Bearer … » avec un jeton de votre fournisseur d'identité.",
    en: 'The call carries no token. Add the metadata "authorization: Bearer …" with a token of your identity provider.',
  },
  TOKEN_REFUSED: {
    kind: 'unauthenticated',
    fr: "Le jeton n'est pas accepté ({why}). Demandez-en un nouveau à votre fournisseur d'identité ; il vaut quinze minutes au plus.",
    en: 'The token is not accepted ({why}). Ask your identity provider for a new one; it lives fifteen minutes at most.',
  },
  OPERATOR_MISSING: {
    kind: 'invalid',
    fr: "L'appel ne dit pas pour quel opérateur il agit. Ajoutez la métadonnée « jonction-operator », par exemple « bfc ».",
    en: 'The call does not say for which operator it acts. Add the metadata "jonction-operator", for instance "bfc".',
  },
  NOT_ENROLLED: {
    kind: 'forbidden',
    fr: "Vous n'êtes pas inscrit auprès de cet opérateur, ou il n'existe pas. Vérifiez « jonction-operator », ou demandez votre inscription à l'administrateur de votre organisme.",
    en: 'You are not enrolled with this operator, or it does not exist. Check "jonction-operator", or ask the administrator of your organisation to enrol you.',
  },
  RIGHT_MISSING: {
    kind: 'forbidden',
    fr: "Il vous manque le droit « {right} ». Demandez à l'administrateur de votre organisme le rôle qui le donne.",
    en: 'You lack the right "{right}". Ask the administrator of your organisation for the role that gives it.',
  },
  DEADLINE_MISSING: {
    kind: 'invalid',
    fr: "L'appel n'a pas d'échéance. Fixez un délai à l'appel gRPC (deadline), par exemple dix secondes.",
    en: 'The call has no deadline. Set a deadline on the gRPC call, ten seconds for instance.',
  },
  FIELD_INVALID: {
    kind: 'invalid',
    fr: 'La demande contient des champs à corriger : {fields}. Corrigez-les et recommencez.',
    en: 'Some fields of the request must be corrected: {fields}. Correct them and call again.',
  },
  REQUEST_ID_REUSED: {
    kind: 'exists',
    fr: 'Cet identifiant de demande (request_id) a déjà servi pour un autre contenu. Prenez-en un nouveau pour une nouvelle demande.',
    en: 'This request_id was used before for another content. Take a new one for a new request.',
  },
  NOT_FOUND: {
    kind: 'not-found',
    fr: "Rien de ce nom n'est connu de votre opérateur ({what}). Vérifiez l'identifiant.",
    en: 'Nothing of this name is known to your operator ({what}). Check the id.',
  },
  CONFLICT: {
    kind: 'conflict',
    fr: "D'autres personnes modifient la même chose en ce moment. Recommencez dans un instant.",
    en: 'Others are changing the same thing right now. Call again in a moment.',
  },
  DATABASE_UNAVAILABLE: {
    kind: 'unavailable',
    fr: "Le service n'atteint pas sa base de données. Recommencez dans un instant avec le même request_id : rien ne sera fait deux fois.",
    en: 'The service cannot reach its database. Call again in a moment with the same request_id: nothing will be done twice.',
  },
  ALREADY_EXISTS: {
    kind: 'exists',
    fr: 'Cela existe déjà. Relisez ce qui est enregistré avant de recommencer.',
    en: 'This exists already. Read what is recorded before you call again.',
  },
  PAGE_TOKEN_INVALID: {
    kind: 'invalid',
    fr: "Le jeton de page n'est pas de cette liste. Reprenez à la première page, avec les mêmes filtres jusqu'au bout.",
    en: 'The page token is not of this list. Start again at the first page, and keep the same filters to the end.',
  },
  TOO_MANY_CALLS: {
    kind: 'exhausted',
    fr: "Trop d'appels attendent. Recommencez dans quelques secondes avec le même request_id.",
    en: 'Too many calls are waiting. Call again in a few seconds with the same request_id.',
  },
  ISSUER_UNAVAILABLE: {
    kind: 'unavailable',
    fr: "Le service n'atteint pas votre fournisseur d'identité et ne peut juger aucun jeton. Recommencez dans un instant.",
    en: 'The service cannot reach your identity provider and can judge no token. Call again in a moment.',
  },
  REQUEST_TOO_LARGE: {
    kind: 'exhausted',
    fr: 'La demande dépasse la taille lue par le service ({limit} octets). Envoyez moins à la fois.',
    en: 'The request is larger than the service reads ({limit} bytes). Send less at a time.',
  },
};

/** Refuses for a reason that any service may have. */
export const refuse = refusals(table);
