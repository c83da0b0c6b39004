import type { Client } from '../../kube/client.ts';
import type { ResourceType } from '../../kube/object.ts';

interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: { readonly namespace?: string } };
  }[];
}

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** What `kubectl get KIND -A` prints: the server makes the table, by the printer columns of the kind. Throws ApiError. */
export async function kubectlTable(
  client: Pick<Client, 'raw'>,
  type: ResourceType,
  signal: AbortSignal,
): Promise<string> {
  const { body } = await client.raw('GET', `/apis/${type.group}/${type.version}/${type.plural}`, { accept, signal });
  const { columnDefinitions, rows } = JSON.parse(body) as Table;
  const shown = columnDefinitions.flatMap(({ name, priority }, index) => (priority === 0 ? [{ name, index }] : []));
  return alignColumns([
    ['NAMESPACE', ...shown.map(({ name }) => name.toUpperCase())],
    ...rows.map(({ cells, object }) => [
      object.metadata.namespace ?? '',
      ...shown.map(({ index }) => String(cells[index] ?? '')),
    ]),
  ]);
}

/** Lines of equally wide columns, three spaces apart, as kubectl sets them. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
