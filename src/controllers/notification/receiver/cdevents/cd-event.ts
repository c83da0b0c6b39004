import { isRecord } from '../../../../lib/json.ts';
import { CallRefused } from '../webhook-call.ts';
import { type EventType, eventTypes, type FieldType } from './event-types.ts';

type Json = Readonly<Record<string, unknown>>;

const typePattern = /^dev\.cdevents\.([a-z]+)\.([a-z]+)\.(.*)$/;
const customTypePattern = /^dev\.cdeventsx\.[a-z]+-[a-z]+\.[a-z]+\.\d\.\d\.\d$/;
const customSubjectPattern = /^[a-zA-Z0-9]+-[a-zA-Z]+$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const testTypes = '=performance|functional|unit|security|compliance|integration|e2e|other';

/**
 * Throws CallRefused unless the body is an event of CDEvents 0.4 (cdevents/sdk-go pkg/api, NewFromJsonBytes and
 * Validate): of a known type, with all that its schema demands. Fields that are not known do no harm, as there.
 */
export function requireCdEvent(body: Uint8Array): void {
  const event = object(parsed(body), 'the event');
  const context = object(event['context'], 'context');
  for (const field of ['version', 'id', 'source']) value(context, field, 'text!', 'context');
  value(context, 'chainId', 'text', 'context');
  const { timestamp = '0001-01-01T00:00:00Z' } = context;
  if (typeof timestamp !== 'string' || !timePattern.test(timestamp)) throw refused('context.timestamp is no time');
  if ((context['schemaUri'] ?? '') !== '') throw refused('context.schemaUri names a schema that is not known');
  links(context['links']);
  const { type } = context;
  const known = knownType(type);
  const subject = object(event['subject'], 'subject');
  value(subject, 'id', 'text!', 'subject');
  value(subject, 'source', 'text', 'subject');
  const content = object(subject['content'] ?? {}, 'subject.content');
  if (known === 'custom') {
    if (!customSubjectPattern.test(String(subject['type']))) throw refused('subject.type is no custom type');
    return;
  }
  if (subject['type'] !== known.subject) throw refused(`subject.type is not ${known.subject}`);
  for (const [field, wanted] of Object.entries(known.content)) value(content, field, wanted, 'subject.content');
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw refused('it is not JSON');
  }
}

function knownType(type: unknown): EventType | 'custom' {
  const text = typeof type === 'string' ? type : '';
  if (customTypePattern.test(text)) return 'custom';
  const [, subject = '', predicate = '', version = ''] = typePattern.exec(text) ?? [];
  const name = `${subject}.${predicate}`;
  const known = Object.hasOwn(eventTypes, name) ? eventTypes[name] : undefined;
  if (known === undefined) throw refused(`the type ${JSON.stringify(text.slice(0, 200))} is not known`);
  if (known.version !== version) throw refused(`the type is ${name} ${known.version} in CDEvents 0.4`);
  return known;
}

function links(list: unknown): void {
  if (list === undefined || list === null) return;
  if (!Array.isArray(list)) throw refused('context.links is no list');
  for (const link of list) {
    const type = object(link, 'context.links[]')['linkType'];
    if (!['END', 'PATH', 'RELATION'].includes(String(type))) throw refused('context.links[] has an unknown type');
  }
}

function value(of: Json, field: string, type: FieldType, path: string): void {
  const found = of[field];
  const at = `${path}.${field}`;
  const isRequired = type.endsWith('!');
  const wanted = isRequired ? type.slice(0, -1) : type;
  if (found === undefined || found === null || found === '') {
    if (isRequired) throw refused(`${at} is missing`);
    return;
  }
  if (wanted.startsWith('=')) {
    if (!wanted.slice(1).split('|').includes(String(found))) throw refused(`${at} is none of ${wanted.slice(1)}`);
  } else if (wanted === 'text') {
    if (typeof found !== 'string') throw refused(`${at} is no text`);
  } else if (wanted === 'purl') {
    if (typeof found !== 'string' || !/^pkg:[^/]+\/./.test(found)) throw refused(`${at} is no package URL`);
  } else if (wanted === 'texts') {
    if (!Array.isArray(found) || found.some((item) => typeof item !== 'string')) throw refused(`${at} are no texts`);
  } else {
    for (const [inner, innerType] of Object.entries(objectFields[wanted] ?? {})) {
      value(object(found, at), inner, innerType, at);
    }
  }
}

const objectFields: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  reference: { id: 'text!', source: 'text' },
  document: { uri: 'text!' },
  test: { id: 'text!', version: 'text', name: 'text', type: testTypes, uri: 'text' },
  trigger: { type: '=manual|pipeline|event|schedule|other', uri: 'text' },
};

function object(found: unknown, what: string): Json {
  if (isRecord(found) && !Array.isArray(found)) return found;
  throw refused(`${what} is no object`);
}

function refused(why: string): CallRefused {
  return new CallRefused(`unable to validate CDEvent event: ${why}`);
}
