/** The parts of OCDS 1.1 that we say. All is of the core schema: no extension is used. */
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
  awards?: Award[];
  contracts?: Contract[];
}

export type Tag =
  | 'planning'
  | 'tender'
  | 'tenderAmendment'
  | 'tenderUpdate'
  | 'tenderCancellation'
  | 'award'
  | 'contract'
  | 'contractAmendment'
  | 'contractUpdate'
  | 'contractTermination'
  | 'compiled';

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
}

export interface Document {
  id: string;
  title: string;
  documentType?: string;
  url?: string;
  datePublished?: string;
}

export interface Amendment {
  id: string;
  date: string;
  rationale?: string;
  description?: string;
  releaseID: string;
  amendsReleaseID?: string;
}

export interface Tender {
  id: string;
  status?: 'planned' | 'active' | 'cancelled' | 'unsuccessful' | 'withdrawn' | 'complete';
  title?: string;
  description?: string;
  procurementMethod?: 'open' | 'selective' | 'limited' | 'direct';
  procurementMethodDetails?: string;
  mainProcurementCategory?: 'works' | 'goods' | 'services';
  value?: Value;
  tenderPeriod?: { startDate?: string; endDate?: string };
  enquiryPeriod?: { endDate: string };
  items?: Item[];
  documents?: Document[];
  amendments?: Amendment[];
}

export interface Award {
  id: string;
  status?: 'active';
  date?: string;
  description?: string;
  value?: Value;
  suppliers?: Reference[];
  items?: Item[];
  contractPeriod?: { durationInDays: number };
}

export interface Contract {
  id: string;
  awardID: string;
  status?: 'active' | 'terminated';
  dateSigned?: string;
  description?: string;
  value?: Value;
  items?: Item[];
  period?: { durationInDays: number };
  amendments?: Amendment[];
}
