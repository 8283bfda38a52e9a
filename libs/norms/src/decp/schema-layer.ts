import { Ajv, type ErrorObject } from 'ajv';
import { isLoose, type Kind, type Loose } from './contract.ts';
import type { Schema } from './norms.ts';
import { type Reason, reason } from './reasons.ts';

/** No real contract comes near it, and comparing the elements of a longer list with each other takes minutes. */
const LIST_MAX = 500;
/** A record that is wrong everywhere needs no longer list than a person reads. */
const REASONS_MAX = 20;

export type SchemaLayer = (kind: Kind, record: Loose) => Reason[];

/** The first layer: the official schema, applied to each contract alone, as the Ministry does. */
export function schemaLayer(schema: Schema): SchemaLayer {
  // The schema's $id is the same address in all its versions: it is left out, so that nothing is ever resolved by it.
  const { $id: _, ...own } = schema as Schema & { $id?: string };
  const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  ajv.addSchema(own, 'decp');
  const validators = {
    marche: ajv.compile({ $ref: 'decp#/definitions/marche' }),
    'contrat-concession': ajv.compile({ $ref: 'decp#/definitions/contrat-concession' }),
  };
  return (kind, record) => {
    const tooMany = longLists(record, '');
    if (tooMany.length > 0) return tooMany;
    const validate = validators[kind];
    if (validate(record)) return [];
    const reasons = (validate.errors ?? []).map(toReason);
    return [...new Map(reasons.map((one) => [one.code + one.at + one.en, one])).values()].slice(0, REASONS_MAX);
  };
}

function longLists(value: unknown, at: string): Reason[] {
  if (Array.isArray(value)) {
    if (value.length > LIST_MAX) return [reason('TOO_MANY', at, { limit: LIST_MAX })];
    return value.flatMap((item, index) => longLists(item, `${at}/${index}`));
  }
  if (!isLoose(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => longLists(inner, `${at}/${key}`));
}

function toReason({ keyword, instancePath: at, params }: ErrorObject): Reason {
  switch (keyword) {
    case 'required':
      return reason('SCHEMA_REQUIRED', at, { field: params.missingProperty });
    case 'additionalProperties':
      return reason('SCHEMA_UNKNOWN_FIELD', `${at}/${String(params.additionalProperty).slice(0, 64)}`);
    case 'enum':
      return reason('SCHEMA_VALUE', at, { allowed: params.allowedValues.join(' | ') });
    case 'minLength':
    case 'maxLength':
      return reason('SCHEMA_LENGTH', at, { limit: `${keyword === 'minLength' ? '>=' : '<='} ${params.limit}` });
    case 'minimum':
    case 'maximum':
      return reason('SCHEMA_RANGE', at, { limit: `${params.comparison} ${params.limit}` });
    case 'pattern':
      return reason('SCHEMA_PATTERN', at, { pattern: params.pattern });
    case 'minItems':
    case 'uniqueItems':
      return reason('SCHEMA_LIST', at);
    default:
      return reason('SCHEMA_TYPE', at, { type: String(params.type ?? keyword) });
  }
}
