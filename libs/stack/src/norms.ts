import { join } from 'node:path';
import { ROOT } from './platform.ts';

/** The folder of the reference data that others own (decision 010): NORMS_DIR, or `shared/data` beside the checkout. */
export function normsDir(env: NodeJS.ProcessEnv = process.env): string {
  return env.NORMS_DIR || join(ROOT, '..', 'shared', 'data');
}
