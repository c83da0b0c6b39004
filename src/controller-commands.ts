import { Command } from 'commander';
import { helmFlags, helmGatesFlag } from './controllers/helm/flags.ts';
import { kustomizeFlags, kustomizeGatesFlag } from './controllers/kustomize/flags.ts';
import { hostedNotificationFlags, notificationFlags, notificationGatesFlag } from './controllers/notification/flags.ts';
import { sourceFlags, sourceGatesFlag } from './controllers/source/flags.ts';
import { type HostedGroup, host, type ProcessEnvironment, reportFatal } from './host.ts';
import { environmentProxy } from './net/environment-proxy.ts';
import { featureGatesFlag } from './runtime/feature-gates.ts';
import type { FlagValues } from './runtime/flag-types.ts';
import { addFlags, type CommonFlags, commonFlags, flagValues } from './runtime/flags.ts';

// A controller's code is loaded when it runs: all of them take 20 MiB more than one.

/** What a controller's command is told of the process that it is. */
export interface ControllerProcess {
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** Aborted when the process shall end. */
  readonly stop: AbortSignal;
}

/** `sluice source-controller`. */
export function sourceControllerCommand(self: ControllerProcess): Command {
  return controllerCommand(self, {
    name: 'source-controller',
    concurrent: 2,
    flags: { ...sourceFlags, sourceGates: sourceGatesFlag },
    group: (values) => ({
      name: 'source-controller',
      create: async (environment) =>
        (await import('./controllers/source/controllers.ts')).createSourceControllers(
          environment,
          values,
          values.sourceGates,
          environmentProxy(self.env),
          self.env,
        ),
    }),
  });
}

/** `sluice kustomize-controller`. */
export function kustomizeControllerCommand(self: ControllerProcess): Command {
  return controllerCommand(self, {
    name: 'kustomize-controller',
    concurrent: 4,
    flags: { ...kustomizeFlags, kustomizeGates: kustomizeGatesFlag },
    group: (values) => ({
      name: 'kustomize-controller',
      create: async (environment) =>
        (await import('./controllers/kustomize/controllers.ts')).createKustomizeControllers(
          environment,
          values,
          values.kustomizeGates,
          environmentProxy(self.env),
          self.env,
        ),
    }),
  });
}

/** `sluice helm-controller`. */
export function helmControllerCommand(self: ControllerProcess): Command {
  return controllerCommand(self, {
    name: 'helm-controller',
    concurrent: 4,
    flags: { ...helmFlags, helmGates: helmGatesFlag },
    group: (values) => ({
      name: 'helm-controller',
      create: async (environment) =>
        (await import('./controllers/helm/controllers.ts')).createHelmControllers(
          environment,
          values,
          values.helmGates,
          environmentProxy(self.env),
          self.env,
        ),
    }),
  });
}

/** `sluice notification-controller`. */
export function notificationControllerCommand(self: ControllerProcess): Command {
  return controllerCommand(self, {
    name: 'notification-controller',
    concurrent: 4,
    takesEvents: true,
    flags: { ...notificationFlags, notificationGates: notificationGatesFlag },
    group: (values) => ({
      name: 'notification-controller',
      create: async (environment) =>
        (await import('./controllers/notification/controllers.ts')).createNotificationControllers(
          environment,
          values,
          values.notificationGates,
          environmentProxy(self.env),
          self.env,
        ),
    }),
  });
}

/** `sluice all`: every controller group in one process. */
export function allControllersCommand(self: ControllerProcess): Command {
  return controllerCommand(self, {
    name: 'all',
    processName: 'sluice',
    concurrent: 4,
    flags: {
      ...hostedNotificationFlags,
      ...sourceFlags,
      ...helmFlags,
      ...kustomizeFlags,
      gates: featureGatesFlag({
        ...sourceGatesFlag.default,
        ...kustomizeGatesFlag.default,
        ...helmGatesFlag.default,
        ...notificationGatesFlag.default,
      }),
    },
    group: (values, { eventsAddr }) => [
      {
        name: 'source-controller',
        eventsAddr: eventsAddr || eventEndpoint(values.eventServerAddr),
        create: async (environment) =>
          (await import('./controllers/source/controllers.ts')).createSourceControllers(
            environment,
            asOneProcess(values),
            values.gates,
            environmentProxy(self.env),
            self.env,
          ),
      },
      {
        name: 'kustomize-controller',
        eventsAddr: eventsAddr || eventEndpoint(values.eventServerAddr),
        create: async (environment) =>
          (await import('./controllers/kustomize/controllers.ts')).createKustomizeControllers(
            environment,
            values,
            values.gates,
            environmentProxy(self.env),
            self.env,
          ),
      },
      {
        name: 'helm-controller',
        eventsAddr: eventsAddr || eventEndpoint(values.eventServerAddr),
        create: async (environment) =>
          (await import('./controllers/helm/controllers.ts')).createHelmControllers(
            environment,
            values,
            values.gates,
            environmentProxy(self.env),
            self.env,
          ),
      },
      {
        name: 'notification-controller',
        // What it has to say of its own objects is for the cluster alone.
        eventsAddr: '',
        create: async (environment) =>
          (await import('./controllers/notification/controllers.ts')).createNotificationControllers(
            environment,
            asOneProcess(values),
            values.gates,
            environmentProxy(self.env),
            self.env,
          ),
      },
    ],
  });
}

/**
 * One `--default-service-account` means two things in one process: as whom Kustomizations are applied, and as whom clouds
 * are asked, which needs its feature gate and is left out without.
 */
function asOneProcess<
  T extends {
    readonly gates: { readonly ObjectLevelWorkloadIdentity: boolean };
    readonly defaultServiceAccount: string;
  },
>(values: T): T {
  return values.gates.ObjectLevelWorkloadIdentity ? values : { ...values, defaultServiceAccount: '' };
}

/** The URL of an event endpoint that listens at a Go address; empty when it does not, or nobody knows its port. */
function eventEndpoint(addr: string): string {
  const { host = '', port = '0' } = /^(?<host>.*):(?<port>\d+)$/.exec(addr)?.groups ?? {};
  return Number(port) === 0 ? '' : `http://${host === '' ? '127.0.0.1' : host}:${port}/`;
}

function processEnvironment(env: NodeJS.ProcessEnv): ProcessEnvironment {
  return {
    kubeconfig: env['KUBECONFIG'],
    serviceHost: env['KUBERNETES_SERVICE_HOST'],
    servicePort: env['KUBERNETES_SERVICE_PORT'],
    runtimeNamespace: env['RUNTIME_NAMESPACE'],
  };
}

interface ControllerSpec<F extends Parameters<typeof flagValues>[1]> {
  readonly name: string;
  readonly processName?: string;
  /** The default of `--concurrent`. */
  readonly concurrent: number;
  readonly flags: F;
  /** Its `--events-addr` is where it takes events, and not where it sends any. */
  readonly takesEvents?: true;
  readonly group: (values: FlagValues<F>, common: CommonFlags) => HostedGroup | readonly HostedGroup[];
}

/** The command that runs a controller group until it is told to stop. */
function controllerCommand<F extends Parameters<typeof flagValues>[1]>(
  { env, version, stop }: ControllerProcess,
  spec: ControllerSpec<F>,
): Command {
  const { eventsAddr: sendsEvents, ...others } = commonFlags({ concurrent: spec.concurrent });
  const sending = spec.takesEvents ? {} : { eventsAddr: sendsEvents };
  const command = new Command(spec.name).showHelpAfterError();
  addFlags(command, { ...others, ...sending }, { group: 'Flags of all controllers:', env });
  addFlags(command, spec.flags, { group: 'Flags of its own:', env });
  return command.action(async () => {
    try {
      const flags: CommonFlags = { eventsAddr: '', ...flagValues(command, { ...others, ...sending }) };
      await host({
        name: spec.processName ?? spec.name,
        groups: [spec.group(flagValues(command, spec.flags), flags)].flat(),
        flags,
        env: processEnvironment(env),
        version,
        stop,
      });
    } catch (error) {
      reportFatal(command, error);
    }
  });
}
