import { readFileSync } from 'node:fs';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { unpackChart } from '../../../artifact/chart-archive.ts';
import { machineHost } from '../../../crypto/machine-host.ts';
import { FunctionError } from '../../../engines/gotemplate/exec/exec-error.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { loadChart, readValues } from '../../../engines/helm/chart/load.ts';
import type { Host } from '../../../engines/helm/host.ts';
import { RenderError } from '../../../engines/helm/render/render-error.ts';
import { renderChart } from '../../../engines/helm/template.ts';
import { errorMessage } from '../../../lib/errors.ts';
import type { LookupAnswer, LookupQuestion, RenderAnswer, RenderedRelease, SentRequest } from './render-request.ts';

/** Charts that are kept: several releases of one chart follow each other, and their templates are compiled once. */
const MAX_CHARTS = 4;
const charts = new Map<string, Chart>();

/** What runs in the thread: one request, one answer, in order. */
parentPort?.on('message', (request: SentRequest) => parentPort?.postMessage(answer(request)));

function answer(request: SentRequest): RenderAnswer {
  try {
    return render(request);
  } catch (error) {
    const excerpt = error instanceof RenderError && error.excerpt !== undefined ? `\n${error.excerpt}` : '';
    return { failed: `${errorMessage(error)}${excerpt}` };
  }
}

function render({ chart, values, questions, answered, ...options }: SentRequest): RenderedRelease {
  const warnings: string[] = [];
  const ask = questions === undefined || answered === undefined ? undefined : asking(questions, answered);
  const host: Host = ask === undefined ? machineHost : { ...machineHost, lookup: ask };
  const { manifests, hooks, crds, notes } = renderChart(chartOf(chart), {
    ...options,
    values: readValues(values),
    host,
    now: () => performance.now(),
    warn: (message) => warnings.push(message),
  });
  return { manifests, hooks, crds, notes, warnings };
}

function chartOf({ path, digest }: SentRequest['chart']): Chart {
  const known = charts.get(digest);
  const chart = known ?? loadChart(unpackChart(readFileSync(path)), { unpack: unpackChart });
  charts.delete(digest);
  charts.set(digest, chart);
  for (const oldest of charts.keys()) if (charts.size > MAX_CHARTS) charts.delete(oldest);
  return chart;
}

/** Asks the process, and sleeps until it has answered: templates know no waiting. */
function asking(questions: NonNullable<SentRequest['questions']>, answered: Int32Array): NonNullable<Host['lookup']> {
  return (apiVersion, kind, namespace, name) => {
    const before = Atomics.load(answered, 0);
    questions.postMessage({ apiVersion, kind, namespace, name } satisfies LookupQuestion);
    Atomics.wait(answered, 0, before);
    const reply: { readonly message: LookupAnswer } | undefined = receiveMessageOnPort(questions);
    if (reply === undefined) throw new FunctionError(`lookup of ${kind} ${name} was not answered`);
    if ('failed' in reply.message) throw new FunctionError(reply.message.failed);
    return reply.message.found;
  };
}
