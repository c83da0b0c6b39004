import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '../../kube/client.ts';
import { kubectlTable } from './kubectl-table.ts';

describe('kubectlTable', () => {
  it('prints what the server gives as kubectl does', async () => {
    const table = {
      columnDefinitions: [
        { name: 'Name', priority: 0 },
        { name: 'Detail', priority: 1 },
        { name: 'Ready', priority: 0 },
      ],
      rows: [
        { cells: ['infrastructure', 'x', 'True'], object: { metadata: { namespace: 'flux-system' } } },
        { cells: ['apps', 'y', null], object: { metadata: { namespace: 'flux-system' } } },
      ],
    };
    const asked: string[] = [];
    const client: Pick<Client, 'raw'> = {
      raw: async (method, path, options) => {
        asked.push(`${method} ${path} ${options?.accept}`);
        return { status: 200, body: JSON.stringify(table) };
      },
    };
    const type = { group: 'g', version: 'v1', kind: 'K', plural: 'ks', namespaced: true };
    assert.equal(
      await kubectlTable(client, type, new AbortController().signal),
      ['NAMESPACE     NAME             READY', 'flux-system   infrastructure   True', 'flux-system   apps'].join('\n'),
    );
    assert.deepEqual(asked, ['GET /apis/g/v1/ks application/json;as=Table;v=v1;g=meta.k8s.io']);
  });
});
