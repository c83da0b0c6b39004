import { localObjectReference, suspend, text } from '../meta/fields.ts';
import { NOTIFICATION_GROUP } from '../meta/names.ts';
import { array, map, object, string } from '../schema/builders.ts';
import { columns } from '../schema/columns.ts';
import { defineKind, type ObjectOf } from '../schema/kind.ts';
import { required } from '../schema/schema.ts';
import { objectReference } from './object-reference.ts';

const spec = object('Which events go where.', {
  eventMetadata: map(
    'Metadata to add to the events. Wins over annotations of the object, and gives way to what the controller says.',
    text,
  ),
  eventSeverity: string('`info` sends all events, `error` only errors.', { enum: ['info', 'error'], default: 'info' }),
  eventSources: required(array('The objects whose events are sent.', objectReference('Objects of one kind.', {}))),
  exclusionList: array('Regular expressions. An event whose message matches one is not sent.', text),
  inclusionList: array('Regular expressions. Only events whose message matches one are sent.', text),
  providerRef: required(localObjectReference('The Provider to send with, in the same namespace.')),
  summary: string('Deprecated: use `summary` in `eventMetadata`. A line that is added to the events.', {
    maxLength: 255,
  }),
  suspend,
});

/** Says which events are sent where. */
export const alertKind = defineKind({
  group: NOTIFICATION_GROUP,
  version: 'v1beta3',
  kind: 'Alert',
  plural: 'alerts',
  category: 'fluxcd-notifications',
  description: 'Says which events are sent where.',
  columns: [columns.age],
  spec,
});

/** An Alert as the API server serves it. @public */
export type Alert = ObjectOf<typeof alertKind>;
