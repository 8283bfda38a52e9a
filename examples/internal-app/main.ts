import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import protobuf from 'protobufjs';

const { JONCTION_TOKEN = '', MEMBERSHIP = '127.0.0.1:50051', PROCUREMENT = '127.0.0.1:50052' } = process.env;
const [order = 'order-41'] = process.argv.slice(2);

const contracts = new protobuf.Root();
contracts.resolvePath = (_, file) => join(import.meta.dirname, '../../proto', file);
contracts.loadSync(['membership', 'procurement'].map((name) => `jonction/${name}/v1/${name}.proto`));
contracts.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const who = new grpc.Metadata();
who.set('authorization', `Bearer ${JONCTION_TOKEN}`);
who.set('jonction-operator', 'bfc');

type Answer = { members: { memberId: string; name: string }[]; consultation: { consultationId: string } };
type Rpc = 'listMembers' | 'admitMember' | 'createConsultation' | 'publishConsultation';

/** The calls of a service. Each has a deadline, and is sent again when the service is away or slow. */
function connect(name: string, address: string) {
  const client = new grpc.Client(address, grpc.credentials.createInsecure());
  const asIs = (message: Uint8Array) => Buffer.from(message);
  const service = contracts.lookupService(name).create((method, request, done) => {
    const path = `/${name}/${(method as protobuf.Method).name}`;
    const send = (tries: number) =>
      client.makeUnaryRequest(path, asIs, asIs, request, who, { deadline: Date.now() + 5_000 }, (error, answer) => {
        const lost = error?.code === grpc.status.UNAVAILABLE || error?.code === grpc.status.DEADLINE_EXCEEDED;
        if (lost && tries > 1) setTimeout(send, 500, tries - 1);
        else done(error, answer);
      });
    send(3);
  });
  return service as unknown as Record<Rpc, (request: object) => Promise<Answer>>;
}

/** Prints why a call was refused: the reason for programs, then the sentences for people. */
function explain({ details, metadata }: grpc.ServiceError) {
  console.log(`Refused: ${details.split(':')[0]}`);
  const type = contracts.lookupType('google.rpc.Status');
  for (const status of metadata.get('grpc-status-details-bin') as Buffer[])
    for (const { locale, message } of type.decode(status).toJSON().details)
      if (locale) console.log(`  ${locale}: ${message}`);
}

const membership = connect('jonction.membership.v1.MembershipService', MEMBERSHIP);
const procurement = connect('jonction.procurement.v1.ConsultationService', PROCUREMENT);

const { members } = await membership.listMembers({ nameContains: 'dijon' });
for (const { name } of members) console.log(name);

// The number of the order makes the request_ids: however often this runs, one consultation is published.
const asked = { memberId: members.find(({ name }) => name === 'Dijon')?.memberId, title: 'Réfection du préau' };
const deadline = { seconds: Date.UTC(2030, 0, 15, 11) / 1_000 };
const { consultation } = await procurement.createConsultation({ requestId: `${order}-create`, ...asked, deadline });
await procurement.publishConsultation({ requestId: `${order}-publish`, consultationId: consultation.consultationId });
console.log(`Published for ${order}: ${asked.title}`);

await membership.admitMember({ requestId: `${order}-admit`, name: 'Chenôve' }).catch(explain);
