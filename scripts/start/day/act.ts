import { createHash, randomInt, randomUUID } from 'node:crypto';
import { type Act, ActServiceDefinition, type DepositActRequest } from '@jonction/contracts';
import { connectTo } from '@jonction/contracts/client';
import { type Scene, untilSeen } from './scene.ts';

/** A deliberation is teletransmitted, acknowledged by the simulated prefecture, published, and so enforceable. */
export async function transmit({ say, addressOf, commune, agent, traced }: Scene): Promise<void> {
  using acts = connectTo(ActServiceDefinition, addressOf('teletransmission'), agent);
  const today = new Date().toLocaleDateString('sv-SE', { timeZone: 'Europe/Paris' });
  const number = `${today.replaceAll('-', '')}_${randomInt(10_000)}`;
  const document = deliberation(commune.name, number);
  const deposited = await acts.depositAct(
    upload(document, {
      requestId: randomUUID(),
      memberId: commune.memberId,
      number,
      nature: 'ACT_NATURE_DELIBERATION',
      subject: 'Attribution du marché de la consultation du jour',
      subjectCode: '1.1',
      decidedOn: today,
      signatoryAgentId: '',
      amountCents: 0n,
    }),
    traced,
  );
  const actId = deposited.act?.actId ?? '';
  say(`teletransmission: the deliberation ${number} was deposited (PDF, ${document.length} bytes)`);
  const actWhen = (what: string, asExpected: (act: Act) => boolean) =>
    untilSeen(
      what,
      async () => (await acts.getAct({ actId })).act,
      (act) => act !== undefined && asExpected(act),
    );
  const transmitted = await actWhen('the prefecture to take the act', (act) => act.transmittedAt !== undefined);
  say(`teletransmission: the simulated prefecture took it ${transmitted} ms later`);
  const waited = await actWhen('the acknowledgement', ({ status }) => status === 'ACT_STATUS_ACKNOWLEDGED');
  say(`teletransmission: its acknowledgement came ${waited} ms after that`);
  await acts.markActPublished({ requestId: randomUUID(), actId, publishedOn: today }, traced);
  const { act } = await acts.getAct({ actId });
  if (act?.enforceableOn !== today)
    throw new Error(`the act ${actId} is published and acknowledged, yet not enforceable`);
  say(`teletransmission: published the same day, it is enforceable since ${act.enforceableOn}`);
}

/** True when the day's last act but one was played to its end on this data. */
export async function wasTransmitted(address: string, administrator: Scene['administrator']): Promise<boolean> {
  using acts = connectTo(ActServiceDefinition, address, administrator);
  const { acts: found } = await acts.listActs({ status: 'ACT_STATUS_ACKNOWLEDGED', pageSize: 500 });
  return found.some(({ enforceableOn }) => enforceableOn !== '');
}

type Header = Extract<NonNullable<DepositActRequest['part']>, { $case: 'header' }>['value'];

/** The messages of a deposit: what is said of the act and of its document, then the document. */
async function* upload(
  document: Buffer,
  act: Omit<Header, 'documentSha256' | 'documentSize'>,
): AsyncGenerator<DepositActRequest> {
  const documentSha256 = createHash('sha256').update(document).digest('hex');
  yield {
    part: { $case: 'header', value: { ...act, documentSha256, documentSize: BigInt(document.length) } },
  };
  yield { part: { $case: 'chunk', value: document } };
}

/** A PDF of one page that says what it is. */
function deliberation(commune: string, number: string): Buffer {
  const ascii = commune.normalize('NFD').replaceAll(/[^\x20-\x7e]|[()\\]/g, '');
  const content = `BT /F1 14 Tf 72 720 Td (${ascii}: deliberation ${number}, invented for a demonstration) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let pdf = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = pdf.length;
    pdf += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  return Buffer.from(`${pdf}${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${pdf.length}\n%%EOF\n`);
}
