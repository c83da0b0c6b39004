import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition } from '../crds/meta/condition.ts';
import { REQUESTED_AT } from '../crds/meta/names.ts';
import { ApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/object.ts';
import { Fault } from './fault.ts';
import type { ConditionChange, Outcome } from './outcome.ts';
import { gitRepositoryPolicy, kustomizationPolicy } from './policies.ts';
import { type Settled, settle } from './settle.ts';
import { type Status, settleUntouched, withFacts } from './status.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const earlier = '2026-01-01T00:00:00Z';

interface Given {
  readonly generation?: number;
  readonly token?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** The status at the beginning. */
  readonly status?: Status;
  /** What the attempt recorded before it ended. */
  readonly learned?: readonly ConditionChange[];
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly end: Outcome | Error;
  readonly stopping?: boolean;
}

function was(
  type: string,
  status: Condition['status'],
  reason: string,
  message = '',
  observedGeneration = 1,
): Condition {
  return { type, status, reason, message, observedGeneration, lastTransitionTime: earlier };
}

function run(policy: typeof kustomizationPolicy, given: Given): Settled {
  const {
    generation = 1,
    token,
    spec = { interval: '1h0m0s', retryInterval: '2m' },
    status = { observedGeneration: -1 },
  } = given;
  const object: KubeObject = {
    apiVersion: 'g/v1',
    kind: 'K',
    metadata: {
      name: 'app',
      namespace: 'ns',
      generation,
      ...(token === undefined ? {} : { annotations: { [REQUESTED_AT]: token } }),
    },
    spec,
    status,
  };
  const { end } = given;
  return settle(policy, {
    object,
    written: status,
    draft: withFacts(status, given.facts, given.learned, generation, now),
    end: end instanceof Error ? { thrown: end } : { outcome: end },
    startedAt: now - 1500,
    now,
    dependencyIntervalMs: 5000,
    eventMetadata: { revision: 'main@sha1:1' },
    stopping: given.stopping ?? false,
    jitter: (ms) => ms + 1,
  });
}

function shown({ conditions = [] }: Status): string[] {
  return conditions.map((c) => `${c.type}=${c.status} ${c.reason}@${c.observedGeneration}: ${c.message}`);
}

function told({ events }: Settled): string[] {
  return events.map((e) => `${e.severity ?? 'info'} ${e.reason ?? '-'} ${e.message} ${JSON.stringify(e.metadata)}`);
}

const revision = '{"revision":"main@sha1:1"}';
const progress = (message: string): readonly ConditionChange[] => [
  { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
  { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
];
const readyStatus: Status = {
  conditions: [was('Ready', 'True', 'ReconciliationSucceeded', 'Applied revision: main@sha1:1')],
  observedGeneration: 1,
  lastAppliedRevision: 'main@sha1:1',
};
const applied: Outcome = {
  state: 'ready',
  message: 'Applied revision: main@sha1:1',
  status: { lastAppliedRevision: 'main@sha1:1' },
};
const finished =
  'info - Reconciliation finished in 1.5s, next run in 1h0m0s {"revision":"main@sha1:1","commit_status":"update"}';

interface Case extends Given {
  readonly name: string;
  readonly conditions: readonly string[];
  readonly observed: number | undefined;
  readonly events: readonly string[];
  readonly requeue: Settled['requeue'];
  readonly handled?: string;
}

/** Each as in the recorded scenario that is named, where there is one. */
const kustomizations: readonly Case[] = [
  {
    name: 'success ends reconciling and observes the generation (ks-empty-path)',
    learned: progress('Detecting drift'),
    end: applied,
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [finished],
    requeue: { afterMs: 3_600_001 },
  },
  {
    name: 'success after a wait for health tells how long all of it took',
    end: { ...applied, startedAt: now - 20_000 },
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [finished.replace('1.5s', '20s')],
    requeue: { afterMs: 3_600_001 },
  },
  {
    name: 'success that changes nothing a reader sees tells nothing',
    status: readyStatus,
    learned: progress('Detecting drift'),
    end: applied,
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [],
    requeue: { afterMs: 3_600_001 },
  },
  {
    name: 'a requested reconcile is told and echoed (ks-request-ready)',
    token: 't1',
    status: readyStatus,
    end: applied,
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [finished],
    requeue: { afterMs: 3_600_001 },
    handled: 't1',
  },
  {
    name: 'a new revision without changes is told (ks-new-revision, unrelated)',
    status: { ...readyStatus, lastAppliedRevision: 'main@sha1:0' },
    end: applied,
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [finished],
    requeue: { afterMs: 3_600_001 },
  },
  {
    name: 'a failed build keeps the step it failed in (ks-bad-yaml)',
    learned: progress('Building manifests'),
    end: new Fault('retry', 'BuildFailed', 'bad yaml'),
    conditions: ['Reconciling=True ProgressingWithRetry@1: Building manifests', 'Ready=False BuildFailed@1: bad yaml'],
    observed: -1,
    events: [`error BuildFailed bad yaml ${revision}`],
    requeue: { afterMs: 120_000 },
  },
  {
    name: 'a failure of the new generation leaves the observed one behind (ks-substitutefrom, missing)',
    generation: 2,
    token: 't2',
    status: readyStatus,
    learned: progress('Building manifests'),
    end: new Fault('retry', 'BuildFailed', 'no variables'),
    conditions: [
      'Reconciling=True ProgressingWithRetry@2: Building manifests',
      'Ready=False BuildFailed@2: no variables',
    ],
    observed: 1,
    events: [`error BuildFailed no variables ${revision}`],
    requeue: { afterMs: 120_000 },
    handled: 't2',
  },
  {
    name: 'without a retry interval the interval counts',
    spec: { interval: '10m' },
    end: new Fault('retry', 'PruneFailed', 'no'),
    conditions: ['Ready=False PruneFailed@1: no'],
    observed: -1,
    events: [`error PruneFailed no ${revision}`],
    requeue: { afterMs: 600_000 },
  },
  {
    name: 'an event may say it otherwise than the condition (ks-kubeconfig-missing)',
    end: new Fault('retry', 'ReconciliationFailed', 'no secret', { event: 'failed to build kube client: no secret' }),
    conditions: ['Ready=False ReconciliationFailed@1: no secret'],
    observed: -1,
    events: [`error ReconciliationFailed failed to build kube client: no secret ${revision}`],
    requeue: { afterMs: 120_000 },
  },
  {
    name: 'a failed health check leaves both conditions (ks-job-failed)',
    learned: [
      ...progress('Running health checks'),
      { type: 'Healthy', status: 'False', reason: 'HealthCheckFailed', message: 'stalled' },
    ],
    end: new Fault('retry', 'HealthCheckFailed', 'health check failed after 1s: stalled'),
    conditions: [
      'Reconciling=True ProgressingWithRetry@1: Running health checks',
      'Ready=False HealthCheckFailed@1: health check failed after 1s: stalled',
      'Healthy=False HealthCheckFailed@1: stalled',
    ],
    observed: -1,
    events: [`error HealthCheckFailed health check failed after 1s: stalled ${revision}`],
    requeue: { afterMs: 120_000 },
  },
  {
    name: 'waiting for a dependency: Ready alone, and a Normal event (ks-dependson-missing)',
    token: 't1',
    end: new Fault('waiting', 'DependencyNotReady', "dependency 'ns/b' is not ready"),
    conditions: ["Ready=False DependencyNotReady@1: dependency 'ns/b' is not ready"],
    observed: -1,
    events: [`info DependencyNotReady Dependencies do not meet ready condition, retrying in 5s ${revision}`],
    requeue: { afterMs: 5000 },
    handled: 't1',
  },
  {
    name: 'waiting for a missing source: no event (ks-source-missing)',
    end: new Fault('waiting', 'ArtifactFailed', 'not found', { retryAfterMs: 60_000 }),
    conditions: ['Ready=False ArtifactFailed@1: not found'],
    observed: -1,
    events: [],
    requeue: { afterMs: 60_000 },
  },
  {
    name: 'waiting after a stall is no longer stalled',
    generation: 2,
    status: {
      conditions: [was('Stalled', 'True', 'InvalidCELExpression'), was('Ready', 'False', 'InvalidCELExpression')],
    },
    end: new Fault('waiting', 'ArtifactFailed', 'not found'),
    conditions: ['Ready=False ArtifactFailed@2: not found'],
    observed: undefined,
    events: [],
    requeue: { afterMs: 5000 },
  },
  {
    name: 'a stalled one observes its generation and is not tried again (ks-healthcheckexprs-invalid)',
    status: { conditions: [was('Reconciling', 'True', 'ProgressingWithRetry')], observedGeneration: -1 },
    end: new Fault('stalled', 'InvalidCELExpression', 'bad expression'),
    conditions: [
      'Stalled=True InvalidCELExpression@1: bad expression',
      'Ready=False InvalidCELExpression@1: bad expression',
    ],
    observed: 1,
    events: [`error InvalidCELExpression bad expression ${revision}`],
    requeue: 'none',
  },
  {
    name: 'access denied stalls without observing the generation',
    end: new Fault('stalled', 'AccessDenied', 'no'),
    conditions: ['Stalled=True AccessDenied@1: no', 'Ready=False AccessDenied@1: no'],
    observed: -1,
    events: [`error AccessDenied no ${revision}`],
    requeue: 'none',
  },
  {
    name: 'a superseded one runs again at once',
    learned: progress('Running health checks'),
    end: new Fault('aborted', 'HealthCheckCanceled', 'New reconciliation triggered', {
      event: 'Health checks canceled',
    }),
    conditions: [
      'Reconciling=True ProgressingWithRetry@1: Running health checks',
      'Ready=False HealthCheckCanceled@1: New reconciliation triggered',
    ],
    observed: -1,
    events: [`info HealthCheckCanceled Health checks canceled ${revision}`],
    requeue: { afterMs: 0 },
  },
  {
    name: 'an error nobody foresaw backs off, without its secrets',
    learned: progress('Fetching manifests'),
    end: new TypeError('https://me:secret@host is not a function'),
    conditions: [
      'Reconciling=True ProgressingWithRetry@1: Fetching manifests',
      'Ready=False ReconciliationFailed@1: https://*****@host is not a function',
    ],
    observed: -1,
    events: [`error ReconciliationFailed https://*****@host is not a function ${revision}`],
    requeue: 'backoff',
  },
  {
    name: 'waiting for health holds nobody: still in progress, request not handled yet',
    token: 't1',
    learned: [{ type: 'Healthy', status: 'Unknown', reason: 'Progressing', message: 'Running health checks' }],
    end: { state: 'progressing', message: 'Running health checks', requeueAfterMs: 30_000 },
    conditions: [
      'Reconciling=True Progressing@1: Running health checks',
      'Ready=Unknown Progressing@1: Reconciliation in progress',
      'Healthy=Unknown Progressing@1: Running health checks',
    ],
    observed: -1,
    events: [],
    requeue: { afterMs: 30_000 },
  },
  {
    name: 'shutdown keeps the facts and judges nothing',
    status: readyStatus,
    token: 't1',
    learned: progress('Detecting drift'),
    facts: { inventory: { entries: [] } },
    end: new DOMException('aborted', 'AbortError'),
    stopping: true,
    conditions: ['Ready=True ReconciliationSucceeded@1: Applied revision: main@sha1:1'],
    observed: 1,
    events: [],
    requeue: 'none',
  },
];

const begun: ConditionChange = {
  type: 'Reconciling',
  status: 'True',
  reason: 'Progressing',
  message: 'building artifact',
};
const stored: ConditionChange = { type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message: 'stored' };
const spec = { interval: '1m' };

const sources: readonly Case[] = [
  {
    name: 'success is the sum of its conditions, and earlier failures are gone (git-branch-missing, fixed)',
    spec,
    status: { conditions: [was('FetchFailed', 'True', 'GitOperationFailed')], observedGeneration: -1 },
    learned: [begun],
    end: {
      state: 'ready',
      conditions: [stored],
      events: [{ reason: 'NewArtifact', message: 'new', metadata: { digest: 'd' } }],
    },
    conditions: ['Ready=True Succeeded@1: stored', 'ArtifactInStorage=True Succeeded@1: stored'],
    observed: 1,
    events: ['info NewArtifact new {"revision":"main@sha1:1","digest":"d"}'],
    requeue: { afterMs: 60_001 },
  },
  {
    name: 'a failed fetch backs off (git-not-found)',
    spec,
    learned: [begun],
    end: new Fault('retry', 'GitOperationFailed', 'not found', { condition: 'FetchFailed' }),
    conditions: [
      'Reconciling=True ProgressingWithRetry@1: building artifact',
      'Ready=False GitOperationFailed@1: not found',
      'FetchFailed=True GitOperationFailed@1: not found',
    ],
    observed: -1,
    events: [`error GitOperationFailed not found ${revision}`],
    requeue: 'backoff',
  },
  {
    name: 'a failure keeps the artifact of before (git-ready-then-broken)',
    spec,
    generation: 2,
    status: {
      conditions: [
        was('Ready', 'True', 'Succeeded', 'stored'),
        was('ArtifactInStorage', 'True', 'Succeeded', 'stored'),
      ],
      observedGeneration: 1,
    },
    learned: [{ ...begun, message: 'processing object: new generation 1 -> 2' }],
    end: new Fault('retry', 'GitOperationFailed', 'not found', { condition: 'FetchFailed' }),
    conditions: [
      'Reconciling=True ProgressingWithRetry@2: processing object: new generation 1 -> 2',
      'Ready=False GitOperationFailed@2: not found',
      'FetchFailed=True GitOperationFailed@2: not found',
      'ArtifactInStorage=True Succeeded@1: stored',
    ],
    observed: 1,
    events: [`error GitOperationFailed not found ${revision}`],
    requeue: 'backoff',
  },
  {
    name: 'waiting for an included source is told to Kubernetes alone',
    spec,
    learned: [begun],
    end: new Fault('waiting', 'NotFound', 'no artifact', { condition: 'IncludeUnavailable' }),
    conditions: [
      'Reconciling=True ProgressingWithRetry@1: building artifact',
      'Ready=False NotFound@1: no artifact',
      'IncludeUnavailable=True NotFound@1: no artifact',
    ],
    observed: -1,
    events: [`trace NotFound no artifact ${revision}`],
    requeue: { afterMs: 5000 },
  },
  {
    name: 'a stalled source observes its generation',
    spec,
    learned: [begun],
    end: new Fault('stalled', 'URLInvalid', 'bad url', { condition: 'FetchFailed' }),
    conditions: [
      'Stalled=True URLInvalid@1: bad url',
      'Ready=False URLInvalid@1: bad url',
      'FetchFailed=True URLInvalid@1: bad url',
    ],
    observed: 1,
    events: [`error URLInvalid bad url ${revision}`],
    requeue: 'none',
  },
  {
    name: 'a fault without a condition of its own still makes Ready False',
    spec,
    learned: [begun],
    end: new Fault('retry', 'Failed', 'odd'),
    conditions: ['Reconciling=True ProgressingWithRetry@1: building artifact', 'Ready=False Failed@1: odd'],
    observed: -1,
    events: [`error Failed odd ${revision}`],
    requeue: 'backoff',
  },
  {
    name: 'a source that is not verified is tried again',
    spec,
    learned: [begun],
    end: {
      state: 'ready',
      conditions: [
        stored,
        { type: 'SourceVerified', status: 'False', reason: 'InvalidCommitSignature', message: 'bad' },
      ],
    },
    conditions: [
      'Ready=False InvalidCommitSignature@1: bad',
      'ArtifactInStorage=True Succeeded@1: stored',
      'SourceVerified=False InvalidCommitSignature@1: bad',
    ],
    observed: 1,
    events: [],
    requeue: 'backoff',
  },
];

for (const [kind, policy, cases] of [
  ['a Kustomization', kustomizationPolicy, kustomizations],
  ['a GitRepository', gitRepositoryPolicy, sources],
] as const) {
  describe(`settle for ${kind}`, () => {
    for (const { name, conditions, observed, events, requeue, handled, ...given } of cases) {
      it(name, () => {
        const settled = run(policy, given);
        assert.deepEqual(shown(settled.status), conditions);
        assert.equal(settled.status.observedGeneration, observed);
        assert.deepEqual(told(settled), events);
        assert.deepEqual(settled.requeue, requeue);
        assert.equal(settled.status.lastHandledReconcileAt, handled);
      });
    }
  });
}

it('a success that changed nothing is the status that was there', () => {
  const settled = run(kustomizationPolicy, { status: readyStatus, learned: progress('Detecting drift'), end: applied });
  assert.deepEqual(settled.status, readyStatus);
});

it('shutdown keeps facts', () => {
  const settled = run(kustomizationPolicy, {
    status: readyStatus,
    facts: { inventory: { entries: [] } },
    learned: progress('x'),
    end: new DOMException('aborted', 'AbortError'),
    stopping: true,
  });
  assert.deepEqual(settled.status, { ...readyStatus, inventory: { entries: [] } });
});

it('an error of the API server is no bug', () => {
  const error = new ApiError({ status: 500, reason: 'InternalError', message: 'etcd' });
  assert.equal(run(kustomizationPolicy, { end: error }).bug, undefined);
  assert.ok(run(kustomizationPolicy, { end: new TypeError('x') }).bug instanceof TypeError);
});

describe('settleUntouched', () => {
  function suspended(policy: typeof kustomizationPolicy, status: Status): Status {
    const metadata = { name: 'a', generation: 2, annotations: { [REQUESTED_AT]: 't2' } };
    return settleUntouched(policy, { apiVersion: 'g/v1', kind: 'K', metadata, spec: {}, status }, now);
  }

  it('a ready Kustomization observes its generation, its conditions stay behind (ks-suspend-resume)', () => {
    const status = suspended(kustomizationPolicy, readyStatus);
    assert.deepEqual(status, { ...readyStatus, observedGeneration: 2, lastHandledReconcileAt: 't2' });
  });

  it('a failed Kustomization is left as it is', () => {
    const before: Status = { conditions: [was('Ready', 'False', 'BuildFailed')], observedGeneration: 1 };
    assert.deepEqual(suspended(kustomizationPolicy, before), { ...before, lastHandledReconcileAt: 't2' });
  });

  it('a source is summed up for the new generation (git-suspend)', () => {
    const conditions = [
      was('Ready', 'True', 'Succeeded', 'stored'),
      was('ArtifactInStorage', 'True', 'Succeeded', 'stored'),
    ];
    const status = suspended(gitRepositoryPolicy, { conditions, observedGeneration: 1 });
    assert.deepEqual(shown(status), ['Ready=True Succeeded@2: stored', 'ArtifactInStorage=True Succeeded@1: stored']);
    assert.equal(status.observedGeneration, 2);
    assert.equal(status.lastHandledReconcileAt, 't2');
  });

  it('an object that was never reconciled gets no conditions', () => {
    assert.deepEqual(suspended(gitRepositoryPolicy, { observedGeneration: -1 }), {
      observedGeneration: -1,
      lastHandledReconcileAt: 't2',
    });
  });
});

describe('a kind that drafts its own conditions', () => {
  const drafting = {
    ...kustomizationPolicy,
    draftsReady: true,
    retry: 'backoff',
    waitingEvents: {},
    successEvent: false,
  } as const;
  const drafted = [
    { type: 'Ready', status: 'False', reason: 'InstallFailed', message: 'no' },
    { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: 'again' },
  ] as const;
  const asDrafted = ['Reconciling=True ProgressingWithRetry@1: again', 'Ready=False InstallFailed@1: no'];

  it('is ready as it says, and has observed its generation', () => {
    const settled = run(drafting, { learned: drafted, token: 't', end: { state: 'ready', requeueAfterMs: 7 } });
    assert.deepEqual(shown(settled.status), asDrafted);
    assert.deepEqual([settled.status.observedGeneration, settled.status.lastHandledReconcileAt], [1, 't']);
    assert.deepEqual(settled.requeue, { afterMs: 7 });
    assert.deepEqual(settled.events, []);
  });

  it('is in progress as it says', () => {
    const settled = run(drafting, { learned: drafted, end: { state: 'progressing' } });
    assert.deepEqual(shown(settled.status), asDrafted);
    assert.equal(settled.status.observedGeneration, -1);
    assert.equal(settled.linger, true);
  });

  it('fails as it says, where the failure is drafted', () => {
    const fault = new Fault('retry', 'ReconciliationFailed', 'x', { drafted: true, event: false });
    const settled = run(drafting, { learned: drafted, end: fault });
    assert.deepEqual(shown(settled.status), asDrafted);
    assert.deepEqual([settled.requeue, settled.events, settled.status.observedGeneration], ['backoff', [], -1]);
  });

  it('fails with the reason of the failure otherwise, and keeps its progress', () => {
    const progress = [{ type: 'Reconciling', status: 'True', reason: 'Progressing', message: 'here' }] as const;
    const settled = run(drafting, { learned: progress, end: new Fault('retry', 'ValuesError', 'none') });
    assert.deepEqual(shown(settled.status), [
      'Reconciling=True Progressing@1: here',
      'Ready=False ValuesError@1: none',
    ]);
  });

  it('is stalled beside what it drafted', () => {
    const fault = new Fault('stalled', 'RetriesExceeded', 'twice', { drafted: true, event: false });
    const settled = run(drafting, { learned: drafted, end: fault });
    assert.deepEqual(shown(settled.status), [
      'Stalled=True RetriesExceeded@1: twice',
      'Ready=False InstallFailed@1: no',
    ]);
    assert.equal(settled.status.observedGeneration, 1);
  });

  it('has observed a generation that is suspended', () => {
    const object: KubeObject = {
      apiVersion: 'g/v1',
      kind: 'K',
      metadata: { name: 'a', namespace: 'n', generation: 3 },
      status: {},
    };
    assert.equal(settleUntouched(drafting, object, now).observedGeneration, 3);
  });
});
