export { actHeader, actNumber, deposit, messagesOf, pdf } from './acts.ts';
export { type TestDatabase, testDatabase } from './database.ts';
export { eventually } from './eventually.ts';
export { type TestIssuer, type TokenOptions, testIssuer } from './issuer.ts';
export { type TestNats, testNats } from './nats.ts';
export {
  definitions,
  enrol,
  inDays,
  type PlatformOptions,
  requestId,
  type ServiceName,
  SIRENS,
  type TestPlatform,
  testPlatform,
} from './platform.ts';
export { type LedgerEntry, type TestPrefecture, testPrefecture } from './prefecture.ts';
export { type Ask, entitled, heard, type ServiceParts, type TestService, testService } from './service.ts';
export { type SeenSpan, type TestTraces, testTraces } from './traces.ts';
