import type { KubeObject } from '../kube/object.ts';
import { isRecord } from '../lib/json.ts';
import { valueAt } from './kstatus-fields.ts';
import { splitApiVersion } from './object-ref.ts';

/** Types of Secrets that a controller answers by granting something. */
const grantingSecrets: ReadonlySet<unknown> = new Set([
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
]);

/**
 * Whether creating the object, and deleting it a moment later, leaves no trace: nothing runs, is granted, or is
 * reached from outside because of it. Such objects may be created before the API server has accepted the rest of
 * their stage (docs/adr/0021). Everything unknown is active.
 */
export function isPassive(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion);
  // Clusters configure themselves from there (aws-auth is a grant).
  if (/^kube-/.test(object.metadata.namespace ?? '')) return false;
  switch (`${group}/${object.kind}`) {
    case '/ConfigMap':
    case '/ServiceAccount':
      return true;
    case '/Secret':
      return !grantingSecrets.has(object['type']);
    case '/Service':
      return isInternal(object);
    case 'networking.k8s.io/Ingress':
      return hasOwnHosts(object);
    default:
      return false;
  }
}

function isInternal(service: KubeObject): boolean {
  const type = valueAt(service, ['spec', 'type']) ?? 'ClusterIP';
  const external = valueAt(service, ['spec', 'externalIPs']) ?? [];
  return type === 'ClusterIP' && Array.isArray(external) && external.length === 0;
}

/** An Ingress for hosts that it names: its Services have no Pods yet, and no other host is diverted. */
function hasOwnHosts(ingress: KubeObject): boolean {
  const rules = valueAt(ingress, ['spec', 'rules']);
  return (
    valueAt(ingress, ['spec', 'defaultBackend']) === undefined &&
    Array.isArray(rules) &&
    rules.length > 0 &&
    rules.every((rule) => isRecord(rule) && typeof rule['host'] === 'string' && /^[^*]+$/.test(rule['host']))
  );
}
