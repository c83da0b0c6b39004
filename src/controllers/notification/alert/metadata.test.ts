import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combineMetadata, isCommitStatusUpdate, namesChangeRequest, namesCommit } from './metadata.ts';
import { alertNamed, eventAbout, KUSTOMIZE_PREFIX, successOf } from './testing.ts';

const EVENT = 'event.toolkit.fluxcd.io/';

describe('combineMetadata', () => {
  it('lets the controller win over summary, eventMetadata and annotations, in this order', () => {
    const event = eventAbout({
      metadata: {
        [`${EVENT}a`]: 'object',
        [`${EVENT}b`]: 'object',
        [`${EVENT}summary`]: 'object',
        [`${EVENT}d`]: 'object',
        [`${KUSTOMIZE_PREFIX}d`]: 'controller',
      },
    });
    const { spec } = alertNamed({
      eventMetadata: { b: 'alert', c: 'alert', summary: 'alert', d: 'alert' },
      summary: 'summary',
    });
    assert.deepEqual(combineMetadata(event, spec), {
      metadata: { a: 'object', b: 'alert', c: 'alert', d: 'controller', revision: 'r1', summary: 'summary' },
      conflicts: {
        b: 'involved object annotations, Alert object .spec.eventMetadata',
        d: 'involved object annotations, Alert object .spec.eventMetadata, involved object controller metadata',
        summary: 'involved object annotations, Alert object .spec.eventMetadata, Alert object .spec.summary',
      },
    });
  });

  it('tells nobody the token', () => {
    const event = eventAbout({ metadata: { [`${KUSTOMIZE_PREFIX}token`]: 't' } });
    assert.deepEqual(combineMetadata(event, alertNamed().spec).metadata, { revision: 'r1' });
  });

  it('cannot be led to the prototype of anything', () => {
    const event = eventAbout({ metadata: { [`${EVENT}__proto__`]: 'x', [`${EVENT}constructor`]: 'y' } });
    const { metadata, conflicts } = combineMetadata(event, alertNamed().spec);
    assert.deepEqual(Object.keys(metadata).toSorted(), ['__proto__', 'constructor', 'revision']);
    assert.deepEqual(conflicts, {});
  });
});

describe('what the metadata of an event says', () => {
  it('knows what is there for the status of a commit alone', () => {
    assert.ok(isCommitStatusUpdate(successOf()));
    assert.ok(!isCommitStatusUpdate(eventAbout()));
    assert.ok(!isCommitStatusUpdate(eventAbout({ metadata: { [`${EVENT}commit_status`]: 'update' } })));
  });

  it('knows annotations that name a commit or a change request', () => {
    assert.ok(namesCommit(eventAbout({ metadata: { [`${EVENT}commit`]: 'abc' } })));
    assert.ok(!namesCommit(eventAbout({ metadata: { [`${EVENT}commit`]: '', [`${KUSTOMIZE_PREFIX}commit`]: 'abc' } })));
    assert.ok(namesChangeRequest(eventAbout({ metadata: { [`${EVENT}change_request`]: '7' } })));
    assert.ok(!namesChangeRequest(eventAbout()));
  });
});
