import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type ClosableClient, createClient } from '../kube/http-client.ts';
import { loadConnection } from '../kube/kubeconfig.ts';

/** How the user names the cluster, as kubectl does. */
export interface ConnectionFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Adds `--kubeconfig` and `--context` to a command. */
export function addConnectionFlags(command: Command): Command {
  return command
    .option('--kubeconfig <path>', 'path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig to use (default: its current one)');
}

/** A client of the cluster that the flags name. The caller closes it. Throws KubeconfigError. */
export async function connect({ kubeconfig, context }: ConnectionFlags): Promise<ClosableClient> {
  const path = kubeconfig ?? (process.env['KUBECONFIG'] || join(homedir(), '.kube', 'config'));
  return createClient(await loadConnection({ kubeconfig: path, context }), { userAgent: 'sluice' });
}
