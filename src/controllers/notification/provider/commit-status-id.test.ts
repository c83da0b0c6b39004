import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Provider } from '../../../crds/notification/provider.ts';
import type { NotificationEvent } from '../event.ts';
import { CommitStatusIds } from './commit-status-id.ts';
import type { ProviderType } from './settings.ts';

const uid = '0c9c2e41-d2f9-4f9b-9c41-bebc1984d67a';

const event: NotificationEvent = {
  involvedObject: {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    namespace: 'ns',
    name: 'Apps',
    uid: '',
  },
  severity: 'info',
  timestamp: '2026-01-02T15:04:05Z',
  message: '',
  reason: 'ApplySucceeded',
  metadata: { environment: 'production' },
  reportingController: 'kustomize-controller',
  reportingInstance: '',
};

function provider(type: ProviderType, commitStatusExpr?: string): Provider {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name: 'git', namespace: 'ns', uid },
    spec: { type, ...(commitStatusExpr === undefined ? {} : { commitStatusExpr }) },
  } as Provider;
}

const alert = { metadata: { name: 'test-alert' } };

describe('CommitStatusIds', () => {
  const ids = new CommitStatusIds();
  const cases: readonly { readonly name: string; readonly of: Provider; readonly want: string | RegExp }[] = [
    { name: 'kind, name and the beginning of the uid', of: provider('github'), want: 'kustomization/apps/0c9c2e41' },
    { name: 'nothing for a type that sets none', of: provider('slack'), want: '' },
    { name: 'nothing for comments', of: provider('githubpullrequestcomment'), want: '' },
    {
      name: 'what an expression says of event, provider and alert',
      of: provider(
        'gitlab',
        "(event.involvedObject.kind + '/' + event.metadata.environment + '/' + provider.metadata.uid + '/' + alert.metadata.name).lowerAscii()",
      ),
      want: `kustomization/production/${uid}/test-alert`,
    },
    {
      name: 'a variable that there is not',
      of: provider('gitea', "event.involvedObject.kind + '/' + notification.metadata.name"),
      want: /^failed to evaluate the spec.commitStatusExpr CEL expression for the event: failed to compile expression: failed to parse the CEL expression .*undeclared reference to 'notification'/s,
    },
    {
      name: 'no text',
      of: provider('bitbucket', 'size(event.metadata)'),
      want: /failed to compile expression: CEL expression output type mismatch: expected string, got int$/,
    },
    {
      name: 'a field that this event lacks',
      of: provider('azuredevops', "'x' + event.metadata.cluster"),
      want: /for the event: failed to evaluate the CEL expression .*no such key: cluster/,
    },
    {
      name: 'an expression that never ends',
      of: provider('github', `string(size(${'[1,2,3,4,5,6,7,8,9,10].map(a, '.repeat(8)}1${')'.repeat(8)}))`),
      want: /for the event: /,
    },
  ];
  for (const { name, of, want } of cases) {
    it(name, () => {
      if (typeof want === 'string') assert.equal(ids.idOf(of, event, alert), want);
      else assert.throws(() => ids.idOf(of, event, alert), { name: 'NotifyError', permanent: true, message: want });
    });
  }
});
