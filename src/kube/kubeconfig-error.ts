/** A kubeconfig, or a pod's account, that cannot be used; the message says why, with the field, and without any credential. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}
