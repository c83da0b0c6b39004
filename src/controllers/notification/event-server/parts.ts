import { createCloud } from '../../../appliers/cloud.ts';
import { metadataServicesAnd } from '../../../auth/address-guard.ts';
import { alertKind } from '../../../crds/notification/alert.ts';
import { providerKind } from '../../../crds/notification/provider.ts';
import { withDeadline } from '../../../lib/async.ts';
import { type EnvironmentProxy, HttpAgents } from '../../../net/http-agents.ts';
import type { ControllerParts, Environment } from '../../../runtime/composition.ts';
import { aborted } from '../../../runtime/controller.ts';
import { Informer } from '../../../runtime/informer.ts';
import type { Runnable } from '../../../runtime/manager.ts';
import type { EventInput } from '../../../runtime/outcome.ts';
import { keyText } from '../../../runtime/work-queue.ts';
import { Digests } from '../alert/digest.ts';
import { Incidents } from '../alert/incidents.ts';
import { ObjectLabels } from '../alert/object-labels.ts';
import { resumeFailures } from '../alert/ongoing-failures.ts';
import { type AlertObject, SOURCE_INDEX, sourceKeysOf } from '../alert/sources.ts';
import { finalizerStripper } from '../alert/strip-finalizers.ts';
import { Dispatcher } from '../dispatch/dispatcher.ts';
import { notificationLanes } from '../dispatch/notification-lanes.ts';
import { Router } from '../dispatch/router.ts';
import { type Notification, type ProviderObject, Sender } from '../dispatch/send.ts';
import type { NotificationFlags, NotificationGates } from '../flags.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { CommitStatusIds } from '../provider/commit-status-id.ts';
import { createNotifier } from '../provider/create-notifier.ts';
import { NotifierHttp } from '../provider/http.ts';
import { identityRefusal, resolveProvider } from '../provider/resolve-provider.ts';
import { Duplicates } from './duplicates.ts';
import { serveEvents } from './event-server.ts';

/** What the event endpoint is told of the process. */
export interface EventSetup {
  readonly flags: NotificationFlags;
  readonly gates: NotificationGates;
  /** Those of the environment, for services without one of their own. */
  readonly proxies: EnvironmentProxy | undefined;
  /** The environment variables, for cloud identities. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** How long what was taken may be sent on after the process was told to stop. */
const drainMs = 15_000;
/** How long events wait at the start until it is known what fails. */
const resumeMs = 5000;
/** How long requests may go on that came before. */
const closeGraceMs = 2000;

/** Alerts and Providers, the endpoint that takes events, and what sends them on. */
export function notificationEventParts(environment: Environment, setup: EventSetup): ControllerParts {
  const { client, clock, metrics } = environment;
  const { flags } = setup;
  const { noCrossNamespaceRefs } = flags;
  const log = environment.log.child({ logger: 'event-server' });
  const caches = createCaches(environment);
  const { alerts, providers } = caches;
  const providerOf = (key: Notification['provider']): ProviderObject | undefined => providers.get(key);
  const tell = (alert: AlertObject, event: EventInput): void => environment.events.event(alert, event);
  const { sender, close } = createSender(environment, setup, providerOf);
  const lanes = notificationLanes({ clock, log, registry: metrics.registry, sender, providerOf, tell });
  const incidents = new Incidents({
    clock,
    due: (alert, event) => {
      const current = alerts.get(alert.metadata);
      if (current !== undefined && current.metadata.uid === alert.metadata.uid && current.spec.suspend !== true)
        router.release(current, event);
    },
  });
  const digests = new Digests({ clock, due: (alert, event) => router.sendDigest(alert, event) });
  const router = new Router({
    provider: providerOf,
    incidents,
    digests,
    noCrossNamespaceRefs,
    put: (notification) => lanes.put(keyText(notification.provider), notification),
    tell,
  });
  const dispatcher = new Dispatcher({
    alerts,
    labels: new ObjectLabels(client, clock),
    router,
    tell,
    ready: Promise.all([alerts.synced, providers.synced]).then(() =>
      resumeFailures(
        alerts.list(),
        { client, incidents, noCrossNamespaceRefs, log },
        withDeadline(undefined, resumeMs),
      ),
    ),
    clock,
    log,
  });
  // Another address or another Secret may be what helps.
  providers.onChange(({ current }) => current !== undefined && lanes.wake(keyText(current.metadata)));
  const endpoint: Runnable = {
    needsLease: false,
    endsLast: true,
    async start(signal) {
      const server = await serveEvents({
        address: flags.eventServerAddr,
        intake: dispatcher,
        duplicates: new Duplicates(flags.rateLimitIntervalMs, clock),
        metrics: createHttpMetrics(metrics.registry, 'gotk_event', flags.exportHttpPathMetrics ? undefined : '/'),
        clock,
        log,
      });
      if (server !== undefined) log.info({ address: server.address }, 'Serving the event endpoint');
      await aborted(signal);
      await server?.close(closeGraceMs);
      const deadline = AbortSignal.timeout(drainMs);
      await dispatcher.close(deadline);
      incidents.close();
      digests.flush();
      await lanes.drain(deadline);
      await close();
    },
  };
  return {
    standbyCaches: [alerts, providers],
    caches: [],
    runnables: [
      endpoint,
      finalizerStripper(alertKind, alerts, 'seen', environment),
      finalizerStripper(providerKind, providers, 'deleted', environment),
    ],
  };
}

function createCaches({ client, log, flags, namespace, metrics }: Environment) {
  const scope = { client, log, ...(flags.watchAllNamespaces || namespace === undefined ? {} : { namespace }) };
  const alerts = new Informer<AlertObject>({ ...scope, type: alertKind });
  const providers = new Informer<ProviderObject>({ ...scope, type: providerKind });
  alerts.addIndex(SOURCE_INDEX, sourceKeysOf);
  for (const cache of [alerts, providers]) metrics.addResourceInfo(cache);
  return { alerts, providers };
}

/** What makes notifiers, and ends their connections. */
function createSender(
  environment: Environment,
  { flags, gates, proxies, variables }: EventSetup,
  provider: (key: Notification['provider']) => ProviderObject | undefined,
): { readonly sender: Sender; close(): Promise<void> } {
  const { client, clock } = environment;
  const objectLevel = gates.ObjectLevelWorkloadIdentity;
  const { defaultServiceAccount } = flags;
  const guard = metadataServicesAnd(flags.denyProviderAddresses);
  const agents = new HttpAgents(proxies, { lookup: guard.lookup, allows: () => true });
  const cloud = createCloud(
    environment,
    { kind: 'Provider', operations: ['post'], objectLevel, defaultAccounts: [flags.defaultServiceAccount] },
    { proxies, variables },
  );
  const http = new NotifierHttp({ agents, guard, clock, random: Math.random });
  const commitStatusIds = new CommitStatusIds();
  const sender = new Sender({
    provider,
    refusal: (object) => identityRefusal(object, objectLevel),
    resolve: (object, signal) => resolveProvider(object, { client, objectLevel }, signal),
    commitStatus: (object, event, alert) => commitStatusIds.idOf(object, event, alert),
    createNotifier: (settings, delivery) =>
      createNotifier(settings, delivery, { http, cloud: cloud.auth, clock, defaultServiceAccount }),
    clock,
  });
  return { sender, close: async () => void (await Promise.all([agents.close(), cloud.close()])) };
}
