import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command, CommanderError } from 'commander';
import { featureGatesFlag, kustomizeGates } from './feature-gates.ts';
import { listFlag } from './flag-types.ts';
import { addFlags, commonFlags, flagValues } from './flags.ts';

const flags = {
  ...commonFlags({ concurrent: 4 }),
  overrideManagers: listFlag('override-manager', 'Field managers.'),
  gates: featureGatesFlag(kustomizeGates),
};

function parse(args: readonly string[], env: Record<string, string> = {}) {
  let output = '';
  const command = new Command('kustomize-controller').exitOverride().configureOutput({
    writeErr: (text) => {
      output += text;
    },
    writeOut: (text) => {
      output += text;
    },
  });
  addFlags(command, flags, { env });
  try {
    command.parse(args, { from: 'user' });
    return { values: flagValues(command, flags), output };
  } catch (error) {
    if (error instanceof CommanderError) return { output, code: error.exitCode };
    throw error;
  }
}

describe('common flags', () => {
  it("have Flux's defaults", () => {
    const { values } = parse([]);
    assert.deepEqual(values, {
      concurrent: 4,
      requeueDependencyMs: 30_000,
      minRetryDelayMs: 750,
      maxRetryDelayMs: 900_000,
      intervalJitterPercentage: 5,
      metricsAddr: ':8080',
      healthAddr: ':9440',
      eventsAddr: '',
      watchAllNamespaces: true,
      watchLabelSelector: '',
      watchConfigsLabelSelector: 'reconcile.fluxcd.io/watch=Enabled',
      kubeApiQps: 50,
      kubeApiBurst: 300,
      tokenCacheMaxSize: 100,
      tokenCacheMaxDurationMs: 3_600_000,
      enableLeaderElection: false,
      leaderElectionReleaseOnCancel: true,
      leaderElectionLeaseDurationMs: 35_000,
      leaderElectionRenewDeadlineMs: 30_000,
      leaderElectionRetryPeriodMs: 5000,
      logLevel: 'info',
      logEncoding: 'json',
      overrideManagers: [],
      gates: kustomizeGates,
    });
  });

  it("understand the arguments of Flux's own Deployment", () => {
    const { values } = parse([
      '--events-addr=http://notification-controller.flux-system.svc.cluster.local./',
      '--watch-all-namespaces=true',
      '--log-level=debug',
      '--log-encoding=json',
      '--enable-leader-election',
      '--requeue-dependency=5s',
      '--concurrent',
      '10',
      '--leader-election-release-on-cancel=false',
    ]);
    assert.partialDeepStrictEqual(values, {
      eventsAddr: 'http://notification-controller.flux-system.svc.cluster.local./',
      watchAllNamespaces: true,
      logLevel: 'debug',
      enableLeaderElection: true,
      requeueDependencyMs: 5000,
      concurrent: 10,
      leaderElectionReleaseOnCancel: false,
    });
  });

  it('take defaults from the environment, which arguments overrule', () => {
    const env = { EVENTS_ADDR: 'http://from-env/', METRICS_ADDR: ':1' };
    assert.partialDeepStrictEqual(parse(['--metrics-addr=:2'], env).values, {
      eventsAddr: 'http://from-env/',
      metricsAddr: ':2',
    });
  });

  it('lists add up, and gates too', () => {
    const { values } = parse([
      '--override-manager=a,b',
      '--override-manager=c',
      '--feature-gates=ExternalArtifact=true,GroupChangeLog=true',
      '--feature-gates=GroupChangeLog=false',
    ]);
    assert.deepEqual(values?.overrideManagers, ['a', 'b', 'c']);
    assert.deepEqual(values.gates, { ...kustomizeGates, ExternalArtifact: true, GroupChangeLog: false });
    assert.deepEqual(parse([]).values?.overrideManagers, []);
  });

  for (const { args, says } of [
    { args: ['--concurent=2'], says: /unknown option '--concurent=2'\n\(Did you mean --concurrent\?\)/ },
    { args: ['--concurrent=0'], says: /at least 1/ },
    { args: ['--concurrent=two'], says: /whole number/ },
    { args: ['--interval-jitter-percentage=100'], says: /at most 99/ },
    { args: ['--requeue-dependency=5'], says: /Expected a duration/ },
    { args: ['--log-level=warn'], says: /trace, debug, info, error/ },
    { args: ['--enable-leader-election=maybe'], says: /true or false/ },
    { args: ['--kube-api-qps=-1'], says: /positive number/ },
    { args: ['--feature-gates=Nope=true'], says: /feature-gate 'Nope' not supported.*ExternalArtifact/ },
    { args: ['--feature-gates=ExternalArtifact'], says: /ExternalArtifact=true or ExternalArtifact=false/ },
  ]) {
    it(`refuse ${args.join(' ')}`, () => {
      const { output, code } = parse(args);
      assert.equal(code, 1);
      assert.match(output, says);
    });
  }

  for (const args of [
    ['--min-retry-delay=1h'],
    ['--leader-election-renew-deadline=40s'],
    ['--leader-election-retry-period=31s'],
  ]) {
    it(`refuse ${args.join(' ')} beside the other defaults`, () => assert.throws(() => parse(args), RangeError));
  }

  it('help names each flag with its default', () => {
    const { output, code } = parse(['--help']);
    assert.equal(code, 0);
    for (const { name } of Object.values(flags)) assert.ok(output.includes(`--${name}`), name);
    assert.match(output, /\(default: 30s\)/);
  });
});
