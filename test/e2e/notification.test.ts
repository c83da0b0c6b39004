import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ApiObject } from '../support/api-client.ts';
import { ControllerProcess, type LogLine } from '../support/controller-process.ts';
import { Environment } from '../support/environment.ts';
import { EventSink, type SunkPost } from '../support/event-sink.ts';
import { freePort } from '../support/free-port.ts';
import { GiteaServer } from '../support/gitea-server.ts';
import { ref } from '../support/kubectl.ts';
import { configMap, manifest } from '../support/manifests.ts';
import { ProcessGroup } from '../support/process-group.ts';
import { kustomizeApi, type Tenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3';

/** An event as the type `generic` passes it on. */
interface Sent {
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

const sent = (posts: readonly SunkPost[]): readonly Sent[] => posts.map(({ body }) => body as Sent);
/** The texts of messages as the type `slack` sends them. */
const texts = (posts: readonly SunkPost[]): readonly string[] =>
  posts.flatMap(({ body }) =>
    (body as { readonly attachments: readonly { text: string }[] }).attachments.map(({ text }) => text),
  );

/** An object that the API server refuses. */
const refused = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'svc' }, spec: { ports: [{ port: 99_999 }] } };

describe('notifications', () => {
  let environment: Environment;
  let sink: EventSink;

  before(async () => {
    sink = await EventSink.start();
    environment = await Environment.start({ start: false });
    const { eventsUrl } = await environment.startNotification();
    await environment.startSource(`--events-addr=${eventsUrl}`);
    await environment.startKustomize(`--events-addr=${eventsUrl}`);
  });
  after(async () => {
    await environment?.stop();
    await sink?.[Symbol.asyncDispose]();
  });

  const provider = (team: Tenant, spec: object, name = 'sink') =>
    team.kubectl.apply([{ apiVersion, kind: 'Provider', metadata: { name }, spec }]);

  const alert = (team: Tenant, spec: object = {}, annotations: Readonly<Record<string, string>> = {}, name = 'alert') =>
    team.kubectl.apply([
      {
        apiVersion,
        kind: 'Alert',
        metadata: { name, annotations },
        spec: { providerRef: { name: 'sink' }, eventSources: [{ kind: 'Kustomization', name: '*' }], ...spec },
      },
    ]);

  const post = (event: object) =>
    fetch(environment.notification.eventsUrl, { method: 'POST', body: JSON.stringify(event) });

  /** Posts events until one arrives: what was just applied is known a moment later. */
  async function known(team: Tenant, path: string): Promise<void> {
    let number = 0;
    const involvedObject = {
      apiVersion: kustomizeApi,
      kind: 'Kustomization',
      namespace: team.namespace,
      name: 'probe',
    };
    await waitFor(async () => {
      await (await post({ involvedObject, severity: 'error', message: `probe ${number++}`, reason: 'Probe' })).text();
      return sink.at(path).length > 0;
    }, 'the Alert to be known');
  }

  const ofApp = (posts: readonly SunkPost[]) =>
    sent(posts).filter(({ involvedObject }) => involvedObject.name === 'app');

  it('tells of a Kustomization that fails, once, and of its recovery', async () => {
    const team = await environment.tenant('notify');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'generic', address: `${sink.url}${path}` });
    await alert(team, { eventMetadata: { cluster: 'test' } });
    await known(team, path);
    const bad = await team.install({ 'all.yaml': manifest(refused) });
    await team.failed('ReconciliationFailed');
    // The same failure again, which nobody needs to be told.
    await team.request();
    const good = await team.push({ 'all.yaml': manifest(configMap('one')) });
    await team.applied(good);
    await sink.waitFor(path, 'the recovery', (posts) =>
      ofApp(posts).some(({ reason }) => reason === 'ReconciliationSucceeded'),
    );
    const [failure, ...more] = ofApp(sink.at(path));
    assert.ok(failure);
    assert.deepEqual([failure.severity, failure.reason], ['error', 'ReconciliationFailed']);
    assert.match(failure.message, /^Service\/\S+\/svc dry-run failed \(Invalid\): .*must be between 1 and 65535/);
    assert.deepEqual(failure.metadata, { cluster: 'test', revision: `main@sha1:${bad}` });
    assert.deepEqual(
      more.map(({ severity, reason, metadata }) => [severity, reason, metadata['revision']]),
      [
        ['info', 'Progressing', `main@sha1:${good}`],
        ['info', 'ReconciliationSucceeded', `main@sha1:${good}`],
      ],
    );
    const metrics = await environment.notification.controller.metrics();
    assert.match(
      metrics,
      /^gotk_event_http_request_duration_seconds_count\{service="",handler="\/",method="POST",code="429"\} [1-9]/m,
    );
    assert.match(metrics, /^sluice_notifications_total\{type="generic",result="delivered"\} [1-9]/m);
  });

  it('sets the status of a commit: pending, failure, success', async () => {
    const team = await environment.tenant('status');
    await using gitea = await GiteaServer.start('team/apps', 't0ken');
    await team.kubectl.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'token' }, stringData: { token: 't0ken' } },
    ]);
    await provider(team, { type: 'gitea', address: gitea.url, secretRef: { name: 'token' } });
    await provider(team, { type: 'generic', address: `${sink.url}/${team.namespace}` }, 'probe');
    await alert(team);
    await alert(
      team,
      { providerRef: { name: 'probe' }, eventSources: [{ kind: 'Kustomization', name: 'probe' }] },
      {},
      'probe',
    );
    await known(team, `/${team.namespace}`);
    const sha = await team.commit({ 'all.yaml': manifest(configMap('app', { phase: 'bad' })) });
    gitea.commits.add(sha);
    await team.source();
    const healthCheckExprs = [
      { apiVersion: 'v1', kind: 'ConfigMap', current: "data.phase == 'good'", failed: "data.phase == 'bad'" },
    ];
    // Names the commit: progress of it sets its status, too.
    await team.kustomization({ wait: true, healthCheckExprs }, 'app', { 'event.toolkit.fluxcd.io/commit': sha });
    await team.failed('HealthCheckFailed');
    await waitFor(() => gitea.statuses.length === 2, 'the failure');
    await team.push({ 'all.yaml': manifest(configMap('app', { phase: 'good' })) });
    await waitFor(() => gitea.statuses.at(-1)?.state === 'success', 'the success');
    assert.deepEqual(
      gitea.statuses.map(({ state, description }) => `${state}: ${description}`),
      [
        'pending: progressing',
        'failure: health check failed',
        'pending: progressing',
        'success: reconciliation succeeded',
      ],
    );
    const { metadata } = await team.kubectl.get(ref(apiVersion, 'Provider', 'sink'));
    const context = `kustomization/app/${String(metadata['uid']).split('-')[0]}`;
    assert.deepEqual([...new Set(gitea.statuses.map((status) => status.context))], [context]);
    assert.deepEqual(gitea.refused, []);
  });

  it('tells the Alert of what cannot be sent, without secrets', async () => {
    const team = await environment.tenant('refused');
    const path = `/${team.namespace}/T0KEN`;
    sink.statusOf.set(path, 400);
    const stringData = { address: `${sink.url}${path}`, token: 'hunter2' };
    await team.kubectl.apply([{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hook' }, stringData }]);
    await provider(team, { type: 'generic', secretRef: { name: 'hook' } });
    await alert(team);
    await known(team, path);
    const about = (event: ApiObject): boolean => event['reason'] === 'NotificationDispatchFailed';
    const [event] = await waitFor(async () => {
      const found = (await team.kubectl.list('v1', 'Event')).filter(about);
      return found.length > 0 && found;
    }, 'the Event');
    assert.match(
      String(event?.['message']),
      /^failed to send notification for Kustomization\/\S+\/probe: .*request failed with status code 400/,
    );
    assert.equal(event?.['type'], 'Warning');
    assert.doesNotMatch(JSON.stringify(event), /T0KEN|hunter2/);
  });

  it('keeps events of one namespace from Alerts of another when it is told to', async () => {
    const [team, other] = [await environment.tenant('own'), await environment.tenant('other')];
    const sources = { eventSources: [{ kind: 'Kustomization', name: '*', namespace: other.namespace }] };
    await provider(team, { type: 'generic', address: `${sink.url}/${team.namespace}` });
    await alert(team, sources);
    await environment.notification.controller.stop();
    await environment.startNotification('--no-cross-namespace-refs=true');
    const involvedObject = { apiVersion: kustomizeApi, kind: 'Kustomization', namespace: other.namespace, name: 'app' };
    assert.equal((await post({ involvedObject, severity: 'info', message: 'secret', reason: 'X' })).status, 202);
    await waitFor(async () => {
      const events = await team.kubectl.list('v1', 'Event');
      return events.some(({ message }) => String(message).includes('cross-namespace references have been blocked'));
    }, 'the Event');
    assert.deepEqual(sink.at(`/${team.namespace}`), []);
    await environment.notification.controller.stop();
    await environment.startNotification();
  });

  it('says when a failure is over, and collects, where annotations ask for it', async () => {
    const team = await environment.tenant('extras');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'slack', address: `${sink.url}${path}/slack` });
    await provider(team, { type: 'generic', address: `${sink.url}${path}/digest` }, 'digest');
    const own = [{ kind: 'Kustomization', name: 'app' }];
    await alert(team, { eventSeverity: 'error', eventSources: own }, { 'sluice.dev/recovery': 'enabled' });
    await alert(team, { providerRef: { name: 'digest' }, eventSources: own }, { 'sluice.dev/digest': '24h' }, 'digest');
    await alert(
      team,
      { providerRef: { name: 'digest' }, eventSources: [{ kind: 'Kustomization', name: 'probe' }] },
      {},
      'probe',
    );
    await known(team, `${path}/digest`);
    await team.install({ 'all.yaml': manifest(refused) });
    await team.failed('ReconciliationFailed');
    await sink.waitFor(`${path}/slack`, 'the failure', (posts) => posts.length === 1);
    await team.applied(await team.push({ 'all.yaml': manifest(configMap('one')) }));
    const posts = await sink.waitFor(`${path}/slack`, 'the recovery', ({ length }) => length === 2);
    assert.match(texts(posts)[1] ?? '', /^Recovered after \S+: Reconciliation finished in /);
    // What is collected is sent at the end.
    await environment.notification.controller.stop();
    const digest = sent(sink.at(`${path}/digest`)).find(({ reason }) => reason === 'Digest');
    assert.match(
      digest?.message ?? '',
      /^3 events, 1 of them errors\nerror: Kustomization\/\S+\/app ReconciliationFailed: /,
    );
    await environment.startNotification();
  });

  it('says when a failure is over that began before the process', async () => {
    const team = await environment.tenant('resumed');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'slack', address: `${sink.url}${path}` });
    await alert(team, { eventSeverity: 'error' }, { 'sluice.dev/recovery': 'enabled' });
    await team.install({ 'all.yaml': manifest(refused) });
    await team.failed('ReconciliationFailed');
    await environment.notification.controller.stop();
    await environment.startNotification();
    await team.applied(await team.push({ 'all.yaml': manifest(configMap('one')) }));
    const recovered = (posts: readonly SunkPost[]) => texts(posts).some((text) => text.startsWith('Recovered after '));
    await sink.waitFor(path, 'the recovery', recovered);
  });

  it('tells of a failure when it was seen often enough, though the endpoint refuses it as a repetition', async () => {
    const team = await environment.tenant('often');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'generic', address: `${sink.url}${path}` });
    const own = [{ kind: 'Kustomization', name: 'app' }];
    await alert(team, { eventSources: own }, { 'sluice.dev/fire-after-failures': '2' });
    await alert(team, { eventSources: [{ kind: 'Kustomization', name: 'probe' }] }, {}, 'probe');
    await known(team, path);
    await team.install({ 'all.yaml': manifest(refused) });
    await team.failed('ReconciliationFailed');
    assert.deepEqual(ofApp(sink.at(path)), []);
    await team.request();
    await sink.waitFor(path, 'the failure', (posts) => ofApp(posts).length === 1);
  });

  it('sends what it has taken before it ends', async () => {
    const team = await environment.tenant('end');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'generic', address: `${sink.url}${path}` });
    await alert(team);
    await known(team, path);
    sink.delayMs = 5;
    const about = { apiVersion: kustomizeApi, kind: 'Kustomization', namespace: team.namespace };
    const messages = Array.from({ length: 100 }, (_, number) => `message ${number}`);
    const answers = await Promise.all(
      messages.map((message, number) =>
        post({ involvedObject: { ...about, name: `app-${number % 10}` }, severity: 'info', message, reason: 'X' }),
      ),
    );
    assert.ok(answers.every(({ status }) => status === 202));
    assert.equal(await environment.notification.controller.stop(), 0);
    sink.delayMs = 0;
    const arrived = sent(sink.at(path)).filter(({ reason }) => reason === 'X');
    assert.deepEqual(arrived.map(({ message }) => message).toSorted(), messages.toSorted());
    await environment.startNotification();
  });

  it('takes and sends events in a replica that waits for the lease', async () => {
    const team = await environment.tenant('standby');
    const path = `/${team.namespace}`;
    await provider(team, { type: 'generic', address: `${sink.url}${path}` });
    await alert(team);
    await environment.notification.controller.stop();
    await environment.startNotification('--enable-leader-election=true');
    const leads = ({ msg = '' }: LogLine): boolean => msg.includes('acquired');
    await environment.notification.controller.waitForLog('the lease', leads);
    const group = new ProcessGroup([]);
    const port = await freePort();
    const standby = await ControllerProcess.start({
      name: 'notification-controller',
      kubeconfig: await environment.plane.kubeconfigForServiceAccount('flux-system', 'notification-controller'),
      group,
      flags: ['--enable-leader-election=true', `--events-addr=127.0.0.1:${port}`, '--receiverAddr=0'],
    });
    try {
      const involvedObject = {
        apiVersion: kustomizeApi,
        kind: 'Kustomization',
        namespace: team.namespace,
        name: 'app',
      };
      const body = JSON.stringify({ involvedObject, severity: 'info', message: 'from standby', reason: 'X' });
      assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).status, 202);
      await sink.waitFor(path, 'the event', (posts) => ofApp(posts).length === 1);
      assert.ok(!standby.logs.some(leads));
    } finally {
      await standby.stop();
      await group.close();
    }
  });

  it('takes the finalizer that Flux had set from Alerts, and from Providers that are deleted', async () => {
    const team = await environment.tenant('old');
    const metadata = { name: 'old', finalizers: ['finalizers.fluxcd.io'] };
    await team.kubectl.apply([
      { apiVersion, kind: 'Provider', metadata, spec: { type: 'generic', address: sink.url } },
      {
        apiVersion,
        kind: 'Alert',
        metadata,
        spec: { providerRef: { name: 'old' }, eventSources: [{ kind: 'Bucket', name: 'x' }] },
      },
    ]);
    const without = (object: ApiObject): boolean => object.metadata['finalizers'] === undefined;
    await team.kubectl.waitFor(ref(apiVersion, 'Alert', 'old'), 'without its finalizer', without);
    const old = ref(apiVersion, 'Provider', 'old');
    assert.ok(!without(await team.kubectl.get(old)), 'as Flux has it');
    await team.kubectl.delete(old);
    await team.kubectl.waitGone(old);
  });
});
