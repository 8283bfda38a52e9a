import { certificatesOf, verifySignatures } from '@jonction/norms/pes';
import { readXml } from '@jonction/norms/xml';
import { issue } from '../libs/norms/src/samples/authority.ts';
import { samplePes } from '../libs/norms/src/samples/pes.ts';
import { signBordereaux } from '../libs/norms/src/samples/sign-pes.ts';
import { type Figure, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const BORDEREAUX = 10;
const PIECES = 20;
const WARM_UP = 20;
const TIMES = 50;

/**
 * How long does it take to read a PES of ten bordereaux, each signed and of twenty pieces, and to verify all its signatures
 * up to the authority that is trusted? The mean of 50 in a row, once the code is warm; no process is started for it.
 */
export async function pes(_stage: Stage, rounds: number): Promise<Figure[]> {
  const authority = await issue('Authority of the bench');
  const mayor = await issue('Mayor of the bench', { by: authority });
  const trusted = certificatesOf(authority.certificate.toString());
  const ids = Array.from({ length: BORDEREAUX }, (_, i) => `B${i}`);
  const text = samplePes({ bordereaux: ids }).replace(/<Piece>.*?<\/Piece>/gs, (piece) => piece.repeat(PIECES));
  const signed = signBordereaux(Buffer.from(text, 'latin1'), { ...mayor, at: new Date() });
  const check = () => {
    using read = readXml(signed);
    const reasons = verifySignatures(read.document, { trusted, now: new Date() });
    if (reasons.length > 0) throw new Error(`the sample of the bench is not valid: ${reasons[0]?.en.message}`);
  };
  for (let i = 0; i < WARM_UP; i++) check();
  const values = Array.from({ length: rounds }, () => {
    const startedAt = performance.now();
    for (let i = 0; i < TIMES; i++) check();
    return (performance.now() - startedAt) / TIMES;
  });
  return [
    {
      name: `signatures of a PES of ${BORDEREAUX} bordereaux`,
      unit: 'ms',
      ours: spread(values),
      bar: { kind: 'at most', value: 50 },
    },
  ];
}
