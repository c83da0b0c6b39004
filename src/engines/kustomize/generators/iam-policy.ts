import { BuildError } from '../build-error.ts';
import type { DecodedStruct, StructType } from '../kustomization/decode.ts';
import type { Generator, PluginContext } from '../transformers/transformer.ts';

/** The fields of an IAMPolicyGenerator (api/types/iampolicygenerator.go). */
export const iamPolicyType = {
  cloud: 'string',
  kubernetesService: { struct: { name: 'string', namespace: 'string' } },
  serviceAccount: { struct: { name: 'string', projectId: 'string' } },
} as const satisfies StructType;

/** Makes a ServiceAccount that stands for one of Google Cloud (IAMPolicyGenerator). */
export function iamPolicyGenerator(args: DecodedStruct<typeof iamPolicyType>, { factory }: PluginContext): Generator {
  return {
    generate: () => {
      const { cloud = '', kubernetesService: service = {}, serviceAccount: account = {} } = args;
      if (cloud !== 'gke') throw new BuildError(`cloud provider ${cloud} not supported yet`, { field: 'cloud' });
      const namespace = service.namespace ? `\n  namespace: ${service.namespace}` : '';
      return factory.fromText(`apiVersion: v1
kind: ServiceAccount
metadata:
  annotations:
    iam.gke.io/gcp-service-account: ${account.name ?? ''}@${account.projectId ?? ''}.iam.gserviceaccount.com
  name: ${service.name ?? ''}${namespace}
`);
    },
  };
}
