import { namespace } from './install-controllers.ts';

/** What the user needs to look around. */
export interface HintsInput {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** The clone that pushes to the Git server. */
  readonly clone: { readonly dir: string; readonly url: string };
  readonly controllers: readonly { readonly logFile: string; readonly metricsUrl: string }[];
}

/** Lines to paste into another terminal. */
export function hints({ kubeconfig, clone, controllers }: HintsInput): string {
  const [anyController] = controllers;
  return `Everything stays up until Ctrl-C, and what changes is printed here. In another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get gitrepositories,kustomizations,helmreleases -A
  kubectl get deployments,services -A -l app.kubernetes.io/name
  kubectl -n ${namespace} events --for kustomization/apps-staging
  kubectl -n ${namespace} get kustomization apps-production -o yaml

Push a change of yours (the Git server is ${clone.url}):

  cd ${clone.dir}
  sed -i.bak 's/count: 3/count: 5/' apps/production/kustomization.yaml && rm apps/production/*.bak
  git commit -am 'Run five' && git push

The Git server tells the cluster of it by the webhook:

  kubectl -n ${namespace} get receivers,providers,alerts

Delete something that Git has, and ask for it back:

  kubectl -n production delete service web
  kubectl -n ${namespace} annotate --overwrite kustomization/apps-production \\
    reconcile.fluxcd.io/requestedAt="$(date +%s)"

What Helm has installed is what the helm command sees, where you have it:

  helm list -A && helm -n production get values cache

Logs and metrics:

${controllers.map(({ logFile }) => `  tail -f ${logFile}`).join('\n')}
  curl -s ${anyController?.metricsUrl ?? ''} | grep gotk_`;
}
