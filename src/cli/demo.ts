import { Command } from 'commander';

/** `sluice demo`: the controllers at work before one's eyes, on a control plane of its own. Needs a checkout. */
export function demoCommand(env: NodeJS.ProcessEnv, interrupt: AbortSignal): Command {
  return new Command('demo')
    .description(
      'Starts a Kubernetes control plane, a Git server and the controllers on loopback; pushes a small fleet and shows it\n' +
        'installed, upgraded, broken, repaired and pruned; then stays up, to be looked at with kubectl, until Ctrl-C.\n' +
        'Everything is gone afterwards. Needs a checkout of the project, git, and on the first run Go.',
    )
    .option('--once', 'exit when all is shown: with 0 if every step did what it should, else with 1', false)
    .action(async ({ once }: { readonly once: boolean }) => {
      // Loaded only here: controllers, which share the entry point, have no use for it.
      const { runDemo } = await import('./demo/run-demo.ts');
      process.exitCode = await runDemo({ env, interrupt, once, out: process.stdout });
    });
}
