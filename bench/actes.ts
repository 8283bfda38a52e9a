import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildArchive, checkArchive } from '@jonction/norms/actes';
import type { PackedFile } from '@jonction/norms/formats';
import { readXml, type Schema } from '@jonction/norms/xml';
import { ParseOption, XmlDocument, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { Header } from 'tar';
import { against, type Figure, interleave, spread } from './rounds.ts';
import type { Stage } from './stage.ts';

const SECONDS = 3;

/**
 * What does it cost to make an act ready to leave? Its message and its envelope are written, held against the schema of the
 * State, and packed with the documents (three real PDFs, 116 kB); against bare libxml2-wasm, which parses and validates the
 * same two files with the same schema, and the headers of tar and one gzip over the same bytes. Beside it, with no
 * promise, the whole judgement before it leaves, in this process.
 */
export async function actes(_: Stage, rounds: number): Promise<Figure[]> {
  // Only here: it reads the reference data, which the other questions do without.
  const sample = await import('../scripts/actes/sample.ts');
  const { act, chunksOf, classification, DIRS, piece, schema, sender, TODAY } = sample;
  const pdf = (name: string) => readFileSync(join(DIRS.pdfs, name));
  const annexes = [piece('21_RP', pdf('annex-1_1.pdf')), piece('99_SE', pdf('signed_pades.pdf'))];
  const message = { ...act, document: piece('99_DE', pdf('main-1_1.pdf')), annexes };
  const posting = { trigram: 'abc', day: TODAY, serial: 1 };
  const { name, bytes, files } = await buildArchive(sender, [message], posting);
  using bare = bareSchema(join(DIRS.schemas, 'actesv1_1.xsd'));
  const perSecond = await interleave(rounds, {
    ours: () =>
      rate(async () => {
        const built = await buildArchive(sender, [message], posting);
        for (const file of built.files) if (file.name.endsWith('.xml')) validate(file, schema);
      }),
    floor: () => rate(async () => void bareArchive(files, bare.validator)),
    judged: () =>
      rate(async () => void (await checkArchive(name, chunksOf(bytes), { schema, today: TODAY, classification }))),
  });
  const figure = { name: 'act written, validated, packed / bare libxml2, tar, gzip', unit: 'acts/s', bar: 0.6 };
  return [
    against(figure, perSecond.ours, perSecond.floor),
    { name: 'archive judged before it leaves', unit: 'archives/s', ours: spread(perSecond.judged) },
  ];
}

async function rate(once: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() - startedAt < SECONDS * 1_000) {
    await once();
    done++;
  }
  return done / ((performance.now() - startedAt) / 1_000);
}

function validate({ bytes }: PackedFile, schema: Schema): void {
  using read = readXml(bytes);
  if (schema.faultsOf(read.document).length > 0) throw new Error('what is built does not follow the schema');
}

/** The same schema without anything of ours around it. */
function bareSchema(url: string): Disposable & { validator: XsdValidator } {
  xmlRegisterFsInputProviders();
  const document = XmlDocument.fromBuffer(readFileSync(url), { url });
  const validator = XsdValidator.fromDoc(document);
  return {
    validator,
    [Symbol.dispose]: () => {
      validator.dispose();
      document.dispose();
    },
  };
}

function bareArchive(files: readonly PackedFile[], validator: XsdValidator): Buffer {
  const blocks: Uint8Array[] = [];
  for (const { name, bytes } of files) {
    if (name.endsWith('.xml')) {
      using document = XmlDocument.fromBuffer(bytes, { option: ParseOption.XML_PARSE_NONET });
      validator.validate(document);
    }
    const header = new Header({ path: name, mode: 0o644, size: bytes.length, mtime: new Date(0), type: 'File' });
    header.encode();
    blocks.push(header.block as Buffer, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 9 });
}
