import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kustomization } from '../../../crds/kustomize/kustomization.ts';
import { Fault } from '../../../runtime/fault.ts';
import { checkKustomizations, type DependencyOptions } from './kustomization-dependencies.ts';
import type { Source } from './source.ts';

const revision = 'main@sha1:2';
const source: Source = {
  kind: 'GitRepository',
  namespace: 'team',
  name: 'repo',
  artifact: { digest: 'sha256:00', lastUpdateTime: '', path: 'p', revision, url: 'http://source/p' },
};

type Dependency = NonNullable<Kustomization['spec']['dependsOn']>[number];

function kustomization(
  name: string,
  dependsOn: readonly Dependency[],
  status?: Kustomization['status'],
  sourceName = 'repo',
): Kustomization {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'team', generation: 2, labels: { tier: 'base' } },
    spec: {
      interval: '10m',
      prune: true,
      force: false,
      sourceRef: { kind: 'GitRepository', name: sourceName },
      dependsOn,
    },
    ...(status === undefined ? {} : { status }),
  };
}

function status(
  ready: 'True' | 'False',
  more: Partial<NonNullable<Kustomization['status']>> = {},
): NonNullable<Kustomization['status']> {
  return {
    observedGeneration: 2,
    lastAppliedRevision: revision,
    conditions: [
      { type: 'Ready', status: ready, reason: 'r', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ],
    ...more,
  };
}

/** The class, reason and message of the fault; undefined when all dependencies are ready. */
function check(
  dependsOn: readonly Dependency[],
  dependency: Kustomization | undefined,
  more: Partial<DependencyOptions> = {},
) {
  try {
    checkKustomizations(kustomization('app', dependsOn), source, {
      lookup: () => dependency,
      seesAll: true,
      noCrossNamespaceRefs: false,
      additiveCel: false,
      ...more,
      requeueDependencyMs: 5000,
    });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Fault);
    return { faultClass: error.faultClass, reason: error.reason, message: error.message };
  }
}

const waiting = (message: string) => ({ faultClass: 'waiting', reason: 'DependencyNotReady', message });
const base: readonly Dependency[] = [{ name: 'base' }];

const cases = [
  {
    name: 'a ready dependency at this revision is enough',
    dependency: kustomization('base', [], status('True')),
    want: undefined,
  },
  {
    name: 'an absent one is waited for',
    dependency: undefined,
    want: waiting('dependency \'team/base\' not found: kustomizations.kustomize.toolkit.fluxcd.io "base" not found'),
  },
  {
    name: 'one that never ran is waited for',
    dependency: kustomization('base', []),
    want: waiting("dependency 'team/base' is not ready"),
  },
  {
    name: 'one that failed is waited for',
    dependency: kustomization('base', [], status('False')),
    want: waiting("dependency 'team/base' is not ready"),
  },
  {
    name: 'one that is ready for an older generation is waited for',
    dependency: kustomization('base', [], status('True', { observedGeneration: 1 })),
    want: waiting("dependency 'team/base' is not ready"),
  },
  {
    name: 'one of the same source that applied an older revision is waited for',
    dependency: kustomization('base', [], status('True', { lastAppliedRevision: 'main@sha1:1' })),
    want: waiting("dependency 'team/base' revision is not up to date"),
  },
  {
    name: 'one of another source may be at any revision',
    dependency: kustomization('base', [], status('True', { lastAppliedRevision: 'other@sha1:1' }), 'other'),
    want: undefined,
  },
];
for (const { name, dependency, want } of cases) test(name, () => assert.deepEqual(check(base, dependency), want));

test('a readyExpr replaces the built-in check', () => {
  const failed = kustomization('base', [], status('False'));
  const matching = [
    { name: 'base', readyExpr: "dep.metadata.labels['tier'] == 'base' && self.metadata.name == 'app'" },
  ];
  assert.equal(check(matching, failed), undefined);
  const other = [{ name: 'base', readyExpr: "dep.metadata.labels['tier'] == 'top'" }];
  assert.deepEqual(check(other, failed), waiting("dependency 'team/base' is not ready according to readyExpr eval"));
});

test('with the feature gate a readyExpr is checked beside the built-in check', () => {
  const matching = [{ name: 'base', readyExpr: 'true' }];
  assert.deepEqual(
    check(matching, kustomization('base', [], status('False')), { additiveCel: true }),
    waiting("dependency 'team/base' is not ready"),
  );
});

test('a readyExpr that cannot be parsed stalls, and says what is wrong', () => {
  const fault = check([{ name: 'base', readyExpr: 'dep.status.' }], kustomization('base', [], status('True')));
  assert.equal(fault?.faultClass, 'stalled');
  assert.equal(fault?.reason, 'InvalidCELExpression');
});

test('a readyExpr about a field that is not there is waited for', () => {
  const fault = check(
    [{ name: 'base', readyExpr: 'dep.status.nothing == 1' }],
    kustomization('base', [], status('True')),
  );
  assert.equal(fault?.faultClass, 'waiting');
});

test('a dependency of another namespace stalls where those are refused, and tells nothing of it', () => {
  const elsewhere = [{ name: 'base', namespace: 'other', readyExpr: "dep.spec.path == './secret'" }];
  const want = {
    faultClass: 'stalled',
    reason: 'AccessDenied',
    message: "can't access 'Kustomization/other/base', cross-namespace references have been blocked",
  };
  for (const dependency of [undefined, kustomization('base', [], status('True'))]) {
    assert.deepEqual(check(elsewhere, dependency, { noCrossNamespaceRefs: true }), want);
  }
  assert.equal(
    check([{ name: 'base', namespace: 'team' }], kustomization('base', [], status('True')), {
      noCrossNamespaceRefs: true,
    }),
    undefined,
  );
});
