/** The parts of OCDS 1.1 that we say, with those of the extensions that the eForms profile takes too (see `releasePackage`). */
export interface Release {
  ocid: string;
  id: string;
  /** When the fact became public, RFC 3339. */
  date: string;
  language: 'fr';
  tag: Tag[];
  initiationType: 'tender';
  parties: Party[];
  buyer: Reference;
  tender?: Tender;
  bids?: { statistics: Statistic[] };
  awards?: Award[];
  contracts?: Contract[];
}

export type Tag =
  | 'planning'
  | 'planningUpdate'
  | 'tender'
  | 'tenderAmendment'
  | 'tenderUpdate'
  | 'tenderCancellation'
  | 'award'
  | 'awardCancellation'
  | 'contract'
  | 'contractAmendment'
  | 'contractUpdate'
  | 'contractTermination'
  | 'compiled';

export type TenderStatus = 'planned' | 'active' | 'cancelled' | 'unsuccessful' | 'withdrawn' | 'complete';

export interface Reference {
  id: string;
  name?: string;
}

export interface Party extends Reference {
  identifier: { scheme: string; id: string };
  roles: ('buyer' | 'supplier' | 'subcontractor')[];
}

export interface Value {
  amount: number;
  currency: 'EUR';
}

export interface Item {
  id: string;
  description: string;
  classification: { scheme: 'CPV'; id: string };
  deliveryAddresses: { region: string }[];
  relatedLot: string;
}

export interface Document {
  id: string;
  title: string;
  documentType: 'biddingDocuments' | 'clarifications';
  url: string;
  datePublished: string;
}

export interface Amendment {
  id: string;
  date: string;
  rationale?: string;
  description?: string;
  releaseID: string;
  amendsReleaseID?: string;
  relatedLots?: string[];
}

/** null takes away what an earlier release said. */
export interface Tender {
  id: string;
  status?: TenderStatus;
  title?: string;
  description?: string | null;
  procurementMethod?: 'open' | 'selective' | 'limited' | 'direct' | null;
  procurementMethodDetails?: string;
  mainProcurementCategory?: 'works' | 'goods' | 'services';
  tenderPeriod?: { startDate?: string; endDate: string };
  enquiryPeriod?: { endDate: string | null };
  awardPeriod?: { startDate: string };
  contractPeriod?: { durationInDays: number };
  hasSustainability?: boolean;
  sustainability?: Sustainability[];
  lots?: Lot[];
  items?: Item[];
  documents?: Document[];
  amendments?: Amendment[];
}

export interface Sustainability {
  goal?: 'social' | 'environmental';
  strategies?: string[];
  description?: string;
}

export interface Lot {
  id: string;
  title?: string;
  status?: TenderStatus;
  otherRequirements?: { reservedParticipation: string[] | null };
}

export interface Statistic {
  id: string;
  measure: 'bids';
  value: number;
  relatedLot: string;
}

export interface Award {
  id: string;
  status?: 'pending' | 'active' | 'cancelled' | 'unsuccessful';
  date?: string;
  description?: string;
  value?: Value;
  suppliers?: Reference[];
  items?: Item[];
  relatedLots?: string[];
  hasSubcontracting?: boolean;
  subcontracting?: { subcontracts: { id: string; subcontractor: Reference }[] };
}

export interface Contract {
  id: string;
  awardID: string;
  status?: 'active' | 'terminated';
  dateSigned?: string;
  description?: string;
  value?: Value;
  items?: Item[];
  period?: { startDate?: string; durationInDays: number };
  amendments?: Amendment[];
}
