import { join, resolve } from 'node:path';

/** The folder of reference data: `NORMS_DIR`, seen from where npm was called, or ../shared/data beside the checkout. */
export function normsDir({ NORMS_DIR, INIT_CWD }: NodeJS.ProcessEnv): string {
  return NORMS_DIR ? resolve(INIT_CWD ?? '.', NORMS_DIR) : join(import.meta.dirname, '../../../shared/data');
}

/** What the State and others publish of ACTES: schemas, classifications, real and synthetic messages. */
export function actesDirs(norms: string) {
  const root = join(norms, 'teletransmission');
  return {
    schemas: join(root, 'actes/xsd'),
    classification: join(root, 'actes/classification/999-1234----7-2_1.xml'),
    replies: join(root, 'actes/retours'),
    vendors: join(root, 's2low-fixtures'),
    pdfs: join(root, 'pdf'),
    synthetic: join(root, 'synthetique'),
  };
}
