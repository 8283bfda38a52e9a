/** What the prefecture answers about one envelope, whatever the form it came in. */
export type Answer = Acknowledgement | Anomaly;

/** It received the act. */
export interface Acknowledgement {
  kind: 'acknowledgement';
  envelopeId: string;
  /** The unique id that it gave the act. */
  prefectureActId: string;
  /** `YYYY-MM-DD`. */
  receivedOn: string;
}

/** It refuses the act. */
export interface Anomaly {
  kind: 'anomaly';
  envelopeId: string;
  code: string;
  /** Its sentence, shown to the clerk as it is. */
  detail: string;
}
