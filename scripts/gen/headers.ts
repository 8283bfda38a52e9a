/** The headers of every message, in the order of the envelope: what each says, and whether it may be absent. */
export const headers: { name: string; sentence: string; optional?: true }[] = [
  {
    name: 'Nats-Msg-Id',
    sentence: 'The same as `ce-id`; the server refuses a second message of that id for two minutes.',
  },
  { name: 'ce-specversion', sentence: 'CloudEvents 1.0, binary mode of its NATS binding.' },
  { name: 'ce-id', sentence: 'The id of this fact, a UUID. Heard twice, it is the same fact: act once.' },
  { name: 'ce-type', sentence: 'The full name of the message in the contract.' },
  { name: 'ce-source', sentence: 'The context that says it.' },
  { name: 'ce-subject', sentence: 'The id of the aggregate it is about: the third field of the body.' },
  { name: 'ce-time', sentence: 'When it happened, RFC 3339 in UTC.' },
  { name: 'ce-datacontenttype', sentence: 'The body is JSON.' },
  {
    name: 'jonction-seq',
    sentence: "The count of the aggregate's events, from 1, without gap; they come in this order.",
  },
  { name: 'jonction-causation', sentence: 'The `ce-id` of the event that led to this one.', optional: true },
  { name: 'jonction-correlation', sentence: 'The same for all that follows from one request.' },
  { name: 'traceparent', sentence: 'The trace it belongs to (W3C Trace Context).', optional: true },
];
