import { enrol, requestId, testPlatform } from '@jonction/testing';
import { expect, test } from 'vitest';

const reasonOf = (error: { reason: string }) => error.reason;

test('a role taken back by several at the same moment is taken back once, and the others are told', async () => {
  // Each command in a transaction of its own, so that they meet in the database.
  await using platform = await testPlatform({ services: ['membership'], environment: { COMMAND_BATCH: '1' } });
  const { agentId } = await enrol(platform);
  const { membership } = await platform.as('bfc-admin');
  const role = 'ROLE_READER';
  for (let times = 0; times < 15; times++) {
    await membership.grantEntitlement({ requestId: requestId(), agentId, role });
    const several = Array.from({ length: 4 }, () =>
      membership.revokeEntitlement({ requestId: requestId(), agentId, role }).then(() => 'revoked', reasonOf),
    );
    expect((await Promise.all(several)).sort()).toEqual([...Array(3).fill('ROLE_NOT_GRANTED'), 'revoked']);
  }
});
