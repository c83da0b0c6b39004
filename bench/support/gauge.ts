import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControllerProcess } from '../../test/support/controller-process.ts';
import type { AuditMark, Environment } from '../../test/support/environment.ts';

/** What a phase cost. */
export interface Cost {
  /** API requests of the kustomize-controller, by what they are; watches are left out. */
  readonly requests: ReadonlyMap<string, number>;
  readonly cpuMs: { readonly source: number; readonly kustomize: number };
  /** Largest resident memory of the kustomize-controller since it started, MiB. */
  readonly peakMiB: number;
  /** The kustomize-controller's event loop, 99th percentile since it was last asked. */
  readonly loopMs: number;
}

const ticksPerSecond = 100;

async function cpuMs({ pid }: ControllerProcess): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

async function peakMiB({ pid }: ControllerProcess): Promise<number> {
  const found = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1] ?? 0) / 1024;
}

async function loopMs(controller: ControllerProcess): Promise<number> {
  const found = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await controller.metrics());
  return Number(found?.[1] ?? 0) * 1000;
}

/** Measures what the controllers spend between {@link start} and {@link stop}. Reads /proc: Linux alone. */
export class Gauge {
  readonly #environment: Environment;
  readonly #mark: AuditMark;
  readonly #before: { readonly source: number; readonly kustomize: number };

  private constructor(environment: Environment, mark: AuditMark, before: { source: number; kustomize: number }) {
    this.#environment = environment;
    this.#mark = mark;
    this.#before = before;
  }

  static async start(environment: Environment): Promise<Gauge> {
    const { source, kustomize } = environment;
    await loopMs(kustomize);
    const before = { source: await cpuMs(source), kustomize: await cpuMs(kustomize) };
    return new Gauge(environment, await environment.auditMark(), before);
  }

  /** Waits for what comes after the last status, as Events do. */
  async stop(): Promise<Cost> {
    await this.#quiet();
    const { source, kustomize } = this.#environment;
    const cpu = {
      source: (await cpuMs(source)) - this.#before.source,
      kustomize: (await cpuMs(kustomize)) - this.#before.kustomize,
    };
    const [peak, loop] = [await peakMiB(kustomize), await loopMs(kustomize)];
    const seen = await this.#environment.requestsSince(this.#mark, 'kustomize-controller');
    const requests = new Map<string, number>();
    for (const { verb, resource, subresource, dryRun } of seen) {
      if (verb === 'watch' || resource === 'leases') continue;
      const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${dryRun ? ' (dry run)' : ''}`;
      requests.set(what, (requests.get(what) ?? 0) + 1);
    }
    return { requests, cpuMs: cpu, peakMiB: peak, loopMs: loop };
  }

  async #quiet(): Promise<void> {
    const count = async (): Promise<number> =>
      (await this.#environment.requestsSince(this.#mark, 'kustomize-controller')).length;
    for (let before = -1, now = await count(); now !== before; ) {
      before = now;
      await sleep(1_500);
      now = await count();
    }
  }
}
