import { expect, test } from 'vitest';
import { Shelf } from './shelf.ts';

const opened = new Date('2026-03-02T09:00:00Z');

function shelf(): Shelf {
  return Object.assign(new Shelf(), {
    consultationId: 'c',
    operator: 'bfc',
    memberId: 'm',
    openedAt: opened,
    closedAt: null,
  });
}

test('a shelf counts each fact it takes in: its opening, each extension, its closing', () => {
  const one = shelf();
  expect(one.open()).toEqual({ operator: 'bfc', memberId: 'm', consultationId: 'c', openedAt: opened });
  expect(one.revision).toBe(1);
  one.extend(new Date('2026-05-01T00:00:00Z'));
  one.close(new Date('2026-05-02T00:00:00Z'));
  expect(one).toMatchObject({
    revision: 3,
    status: 'SHELF_STATUS_CLOSED',
    openUntil: new Date('2026-05-01T00:00:00Z'),
  });
});
