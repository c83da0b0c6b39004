import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CallRefused } from '../webhook-call.ts';
import { requireCdEvent } from './cd-event.ts';
import { eventTypes, type FieldType } from './event-types.ts';

const samples: Readonly<Record<string, unknown>> = {
  text: 'x',
  texts: ['x'],
  purl: 'pkg:oci/app@sha256:00',
  reference: { id: 'x', source: '/x' },
  document: { uri: 'https://x.example' },
  test: { id: 'x', type: 'unit' },
  trigger: { type: 'manual' },
};

function sample(type: FieldType): unknown {
  const name = type.replace(/!$/, '');
  return name.startsWith('=') ? name.slice(1).split('|')[0] : samples[name];
}

function event(type: string, subject: unknown): Record<string, unknown> {
  return { context: { version: '0.4.1', id: 'i', source: '/s', type, timestamp: '2026-01-01T00:00:00Z' }, subject };
}

function check(value: unknown): void {
  requireCdEvent(Buffer.from(JSON.stringify(value)));
}

describe('requireCdEvent', () => {
  for (const [name, { version, subject, content }] of Object.entries(eventTypes)) {
    it(`accepts ${name} with all that it may say, and with what it must`, () => {
      const fields = Object.entries(content);
      const full = Object.fromEntries(fields.map(([field, type]) => [field, sample(type)]));
      const least = Object.fromEntries(
        fields.filter(([, type]) => type.endsWith('!')).map(([field, type]) => [field, sample(type)]),
      );
      const type = `dev.cdevents.${name}.${version}`;
      for (const said of [full, least]) check(event(type, { id: 's', type: subject, content: said }));
      for (const missing of Object.keys(least)) {
        const { [missing]: _, ...rest } = full;
        assert.throws(() => check(event(type, { id: 's', type: subject, content: rest })), CallRefused, missing);
      }
      for (const [field] of fields) {
        const wrong = { ...full, [field]: 7 };
        assert.throws(() => check(event(type, { id: 's', type: subject, content: wrong })), CallRefused, field);
      }
    });
  }

  it('accepts events of tools', () => {
    const subject = { id: 's', type: 'tool-thing', content: { any: ['thing'] } };
    check(event('dev.cdeventsx.tool-thing.made.0.1.0', subject));
    assert.throws(() => check(event('dev.cdeventsx.tool-thing.made.1', subject)), CallRefused);
    assert.throws(
      () => check(event('dev.cdeventsx.tool-thing.made.0.1.0', { ...subject, type: 'thing' })),
      CallRefused,
    );
  });

  it('refuses links that are none', () => {
    const made = event('dev.cdevents.build.started.0.2.0', { id: 's', type: 'build' });
    const linked = (links: unknown) => ({ ...made, context: { ...(made['context'] as object), links } });
    check(linked([{ linkType: 'END', from: { contextId: 'x' } }]));
    for (const links of ['x', {}, ['x'], [{ linkType: 'OTHER' }]]) {
      assert.throws(() => check(linked(links)), CallRefused);
    }
  });

  it('refuses everything else, and never anything but refuses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        assert.throws(() => requireCdEvent(Buffer.from(text)), CallRefused);
      }),
    );
  });
});
