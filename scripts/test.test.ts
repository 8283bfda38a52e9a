import { expect, test } from 'vitest';
import { type Report, summary } from './test.ts';

const green: Report = {
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{}] }],
};

test('a green run says how many passed', () => {
  expect(summary(green, 0)).toBe('12 passed, 0 failed');
});

test('skipped tests are told', () => {
  expect(summary({ ...green, numPendingTests: 2, numTodoTests: 1 }, 0)).toBe('12 passed, 0 failed, 3 skipped');
});

test('a file that could not be loaded is a failure', () => {
  const report = { ...green, testResults: [{ status: 'failed', assertionResults: [] }] };
  expect(summary(report, 1)).toBe('12 passed, 1 failed');
});

test('a run that ended badly never reads as green, even without a failed test or a report', () => {
  expect(summary(green, 1)).toBe('12 passed, 1 failed');
  expect(summary(undefined, 1)).toBe('0 passed, 1 failed');
});
