import type { Role, SubscribedService } from '@jonction/contracts';

const READ = ['membership.read', 'procurement.read', 'dce.read', 'teletransmission.read'];

/** The rights each role gives. Told with every EntitlementGranted, so that no service needs this list. */
export const rightsOfRole: Partial<Record<Role, readonly string[]>> = {
  ROLE_OPERATOR_ADMINISTRATOR: [
    ...READ,
    'membership.admit',
    'membership.agents',
    'membership.territory',
    'identity.read',
    'membership.mandates',
    'membership.contributions',
    'procurement.write',
    'procurement.publish',
    'teletransmission.deposit',
  ],
  ROLE_MEMBER_ADMINISTRATOR: [...READ, 'membership.agents', 'membership.mandates'],
  ROLE_BUYER: [...READ, 'procurement.write', 'procurement.publish'],
  ROLE_READER: READ,
  ROLE_TRANSMITTER: [...READ, 'teletransmission.deposit'],
  ROLE_APPLICATION: ['identity.read'],
};

/** Whether a role is for agents of the operator itself (`true`), of a member (`false`), or of both (`undefined`). */
export const roleIsOfOperator: Partial<Record<Role, boolean>> = {
  ROLE_OPERATOR_ADMINISTRATOR: true,
  ROLE_MEMBER_ADMINISTRATOR: false,
  ROLE_BUYER: false,
  ROLE_TRANSMITTER: false,
};

/** The service that a role works in; its member must subscribe to it. Absent for a role of no service. */
export const serviceOfRole: Partial<Record<Role, SubscribedService>> = {
  ROLE_BUYER: 'SUBSCRIBED_SERVICE_PROCUREMENT',
  ROLE_TRANSMITTER: 'SUBSCRIBED_SERVICE_TELETRANSMISSION',
};
