import { CreateConsultationRequest, CreateConsultationResponse } from '@jonction/contracts';

/** What the floors serve: a consultation's request, sent back as it is, or written by one flush. */
export const floorDefinition = {
  name: 'Floor',
  fullName: 'bench.Floor',
  methods: {
    echo: {
      name: 'Echo',
      requestType: CreateConsultationRequest,
      requestStream: false,
      responseType: CreateConsultationRequest,
      responseStream: false,
    },
    create: {
      name: 'Create',
      requestType: CreateConsultationRequest,
      requestStream: false,
      responseType: CreateConsultationResponse,
      responseStream: false,
    },
  },
} as const;
