import type { Act as ActMessage } from '@jonction/contracts';
import type { Act } from '../domain/act.ts';

/** An act as the contract shows it. */
export function actMessage(act: Act): ActMessage {
  const { actId, operator, memberId, number, nature, subject, subjectCode, decidedOn } = act;
  const { documentSha256, documentSize, status, depositedAt, transmittedAt, anomalyCode, anomalyDetail } = act;
  return {
    ...{ actId, operator, memberId, number, nature, subject, subjectCode, decidedOn },
    ...{ documentSha256, documentSize: BigInt(documentSize), status, depositedAt },
    transmittedAt: transmittedAt ?? undefined,
    receivedOn: act.receivedOn ?? '',
    prefectureActId: act.prefectureActId ?? '',
    publishedOn: act.publishedOn ?? '',
    enforceableOn: act.enforceableOn ?? '',
    anomaly: anomalyCode === null ? undefined : { code: anomalyCode, detail: anomalyDetail ?? '' },
    etag: act.etag(),
    signatoryAgentId: act.signatoryAgentId ?? '',
    mandateId: act.mandateId ?? '',
    delegationId: act.delegationId ?? '',
    amountCents: BigInt(act.amountCents),
  };
}
