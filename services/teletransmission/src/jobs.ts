import type { Documents } from '@jonction/documents';
import type { Gateway } from './clients/gateway.ts';
import { readAnswers } from './jobs/read-answers.ts';
import { sendAct } from './jobs/send-act.ts';

/** What teletransmission does by itself: both speak to the prefecture, outside any transaction. */
export const jobs = (gateway: Gateway, documents: Documents, pollMs: number) => ({
  'send-act': sendAct(gateway, documents),
  'read-answers': readAnswers(gateway, pollMs),
});
