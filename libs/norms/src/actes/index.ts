export {
  type Act,
  type Answer,
  buildArchive,
  buildMessage,
  type Cancellation,
  type ClassificationQuestion,
  type Message,
  type Piece,
  type Posting,
  type Sender,
} from './build.ts';
export { type Authority, type Checked, type CheckOptions, checkArchive } from './check.ts';
export { type Classification, type Nature, readClassification } from './classification.ts';
export { checkDuplicate, nothingSeen, type Seen } from './duplicates.ts';
export { type Effect, effectOf } from './effects.ts';
export { calendarDay } from './names.ts';
export { type ArchiveFile, openReader, type Reader, type ReaderSettings, refusedWith } from './open-reader.ts';
export { type RuleCode, reason } from './reason.ts';
export { type Received, type ReceivedFile, type Reply, readMail, readReplies } from './replies.ts';
