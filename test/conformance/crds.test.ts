import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { allKinds } from '../../src/crds/all.ts';
import { customResourceDefinition } from '../../src/crds/schema/crd.ts';
import type { Kind } from '../../src/crds/schema/kind.ts';
import type { OpenApi } from '../../src/crds/schema/schema.ts';
import { walkSchema } from '../../src/crds/schema/walk.ts';

const recorded = resolve(import.meta.dirname, '../../../shared/conformance/flux-crds.json');

interface RecordedKind {
  readonly deprecated: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly names: unknown;
  readonly printerColumns: unknown;
  readonly scope: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly subresources: readonly string[];
}

/** Paths, as `group/version/Kind path`, that differ from the record on purpose, each with its reason. */
const differences = new Map<string, string>();

/** What the record keeps of a schema node. */
function facts(schema: OpenApi, required: boolean): Record<string, unknown> {
  const { description, properties, items, additionalProperties, required: names, ...rest } = schema;
  const rules = rest['x-kubernetes-validations'];
  return {
    ...rest,
    ...(required ? { required } : {}),
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules.map(({ rule }) => rule) }),
  };
}

function fieldsOf(kind: Kind): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { path, schema, required } of walkSchema(kind.schema)) {
    if (path !== 'metadata') fields[`.${path}`] = facts(schema, required);
  }
  return fields;
}

function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('the schemas of all kinds', {
  skip: existsSync(recorded) ? false : `no record of Flux at ${recorded}`,
}, () => {
  const record: Readonly<Record<string, RecordedKind>> = existsSync(recorded)
    ? JSON.parse(readFileSync(recorded, 'utf8'))
    : {};
  const ours = new Map(allKinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]));

  it('are those that Flux serves', () => {
    assert.deepEqual([...ours.keys()].sort(), Object.keys(record).sort());
  });

  let equal = 0;
  let total = 0;
  for (const [id, kind] of ours) {
    it(`of ${id} have the same paths, types and limits`, () => {
      const want = record[id]?.fields ?? {};
      const have = fieldsOf(kind);
      for (const path of new Set([...Object.keys(want), ...Object.keys(have)])) {
        total += 1;
        if (differences.has(`${id} ${path}`)) {
          assert.notDeepEqual(
            json(have[path] ?? null),
            want[path] ?? null,
            `${path} is equal, and listed as different`,
          );
          continue;
        }
        assert.deepEqual(json(have[path] ?? null), want[path] ?? null, path);
        equal += 1;
      }
    });

    it(`of ${id} have the same names, columns and subresources`, () => {
      const want = record[id];
      const { spec } = JSON.parse(JSON.stringify(customResourceDefinition(kind)));
      const [version] = spec.versions;
      assert.deepEqual(
        {
          deprecated: version.deprecated ?? false,
          names: spec.names,
          printerColumns: version.additionalPrinterColumns,
          scope: spec.scope,
          served: version.served,
          storage: version.storage,
          subresources: Object.keys(version.subresources),
        },
        {
          deprecated: want?.deprecated,
          names: want?.names,
          printerColumns: want?.printerColumns,
          scope: want?.scope,
          served: want?.served,
          storage: want?.storage,
          subresources: want?.subresources,
        },
      );
    });
  }

  it('are equal in every path but those listed', (context) => {
    context.diagnostic(`${equal} of ${total} paths equal, ${differences.size} listed as different`);
    assert.equal(equal + differences.size, total);
  });
});
