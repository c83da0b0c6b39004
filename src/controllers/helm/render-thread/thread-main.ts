import { readFileSync } from 'node:fs';
import { type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { unpackChart } from '../../../artifact/chart-archive.ts';
import { machineHost } from '../../../crypto/machine-host.ts';
import { FunctionError } from '../../../engines/gotemplate/exec/exec-error.ts';
import type { Chart } from '../../../engines/helm/chart/chart.ts';
import { loadChart, readValues } from '../../../engines/helm/chart/load.ts';
import type { Host } from '../../../engines/helm/host.ts';
import { chartRecord } from '../../../engines/helm/release/chart-record.ts';
import { RenderError } from '../../../engines/helm/render/render-error.ts';
import { chartDefinitions, renderChart } from '../../../engines/helm/template.ts';
import { errorMessage } from '../../../lib/errors.ts';
import { postRenderOf } from './post-renderers.ts';
import type {
  Answer,
  ChartDescription,
  DefinitionsRequest,
  DescribeRequest,
  PackedChart,
  Question,
  RenderedRelease,
  SentRequest,
  ThreadAnswer,
} from './render-request.ts';

/** Charts that are kept: several releases of one chart follow each other, and their templates are compiled once. */
const MAX_CHARTS = 4;
const charts = new Map<string, Chart>();

type Request = SentRequest | DescribeRequest | DefinitionsRequest;

/** What runs in the thread: one request, one answer, in order. */
parentPort?.on('message', (request: Request) => parentPort?.postMessage(answer(request)));

function answer(request: Request): ThreadAnswer {
  try {
    switch (request.task) {
      case 'describe':
        return describe(chartOf(request.chart));
      case 'definitions':
        return { crds: chartDefinitions(chartOf(request.chart), readValues(request.values)) };
      case 'render':
        return render(request);
    }
  } catch (error) {
    const excerpt = error instanceof RenderError && error.excerpt !== undefined ? `\n${error.excerpt}` : '';
    return { failed: `${errorMessage(error)}${excerpt}` };
  }
}

function render(request: SentRequest): RenderedRelease {
  const { task: _, chart, values, chartValues, questions, answered, answers, postRenderers, ...options } = request;
  const warnings: string[] = [];
  const asked = questions === undefined || answered === undefined ? {} : asking(questions, answered, answers);
  const host: Host = { ...machineHost, ...asked };
  const known = chartOf(chart);
  const rendered = renderChart(chartValues === undefined ? known : { ...known, values: readValues(chartValues) }, {
    ...options,
    ...(postRenderers === undefined ? {} : { postRender: postRenderOf(postRenderers) }),
    values: readValues(values),
    host,
    now: () => performance.now(),
    warn: (message) => warnings.push(message),
  });
  const { manifests, hooks, crds, notes } = rendered;
  return { chart: chartRecord(rendered.chart), manifests, hooks, crds, notes, warnings };
}

function describe(chart: Chart): ChartDescription {
  const { name, version, appVersion } = chart.metadata;
  return { name, version, appVersion, hasDefinitions: hasDefinitions(chart) };
}

function hasDefinitions({ files, dependencies }: Chart): boolean {
  return files.some(({ name }) => name.startsWith('crds/')) || dependencies.some(hasDefinitions);
}

function chartOf({ path, digest, version }: PackedChart): Chart {
  const key = `${digest} ${version ?? ''}`;
  const chart =
    charts.get(key) ?? withVersion(loadChart(unpackChart(readFileSync(path)), { unpack: unpackChart }), version);
  charts.delete(key);
  charts.set(key, chart);
  for (const oldest of charts.keys()) if (charts.size > MAX_CHARTS) charts.delete(oldest);
  return chart;
}

function withVersion(chart: Chart, version: string | undefined): Chart {
  return version === undefined ? chart : { ...chart, metadata: { ...chart.metadata, version } };
}

/** What the process answers, as templates ask for it. */
function asking(
  questions: NonNullable<SentRequest['questions']>,
  answered: Int32Array,
  answers: SentRequest['answers'],
): Pick<Host, 'lookup' | 'addresses'> {
  return {
    ...(answers?.lookup === true
      ? {
          lookup: (apiVersion, kind, namespace, name) =>
            ask({ apiVersion, kind, namespace, name }, `lookup of ${kind} ${name}`, questions, answered),
        }
      : {}),
    ...(answers?.addresses === true
      ? { addresses: (host) => ask({ host }, `lookup of host ${host}`, questions, answered) }
      : {}),
  };
}

/** Asks the process, and sleeps until it has answered: templates know no waiting. */
function ask<T>(question: Question, what: string, questions: MessagePort, answered: Int32Array): T {
  const before = Atomics.load(answered, 0);
  questions.postMessage(question);
  Atomics.wait(answered, 0, before);
  const reply: { readonly message: Answer<T> } | undefined = receiveMessageOnPort(questions);
  if (reply === undefined) throw new FunctionError(`${what} was not answered`);
  if ('failed' in reply.message) throw new FunctionError(reply.message.failed);
  return reply.message.found;
}
