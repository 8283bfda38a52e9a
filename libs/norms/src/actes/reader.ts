import { createReadStream } from 'node:fs';
import { answer } from '../isolated/child.ts';
import { certificatesOf } from '../signed/index.ts';
import { Refused, schemaOf } from '../xml/index.ts';
import { type Checked, type CheckOptions, checkArchive } from './check.ts';
import { readClassification } from './classification.ts';
import { type ArchiveFile, type ReaderSettings, refusedWith } from './open-reader.ts';

// The process in which archives of strangers are judged: see openReader.

let options: CheckOptions | undefined;

answer<ReaderSettings, ArchiveFile, Checked>(
  ({ schemas, classification, authority, today, trust }) => {
    const schema = schemaOf(schemas, 'actesv1_1.xsd');
    try {
      const read = classification && readClassification(Buffer.from(classification), schema);
      const trusted = trust === undefined ? {} : { trusted: certificatesOf(trust) };
      options = { schema, today, ...(read && { classification: read }), ...(authority && { authority }), ...trusted };
      return [];
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return [...error.reasons];
    }
  },
  async ({ path, name }) => {
    if (!options) throw new Error('a file came before the settings');
    try {
      return await checkArchive(name, createReadStream(path, { highWaterMark: 64 * 1024 }), options);
    } catch (error) {
      // A file that cannot be read is told; anything else is a defect of ours, and ends this process.
      if (!(error as NodeJS.ErrnoException).syscall) throw error;
      return refusedWith('FILE_UNREADABLE');
    }
  },
);
