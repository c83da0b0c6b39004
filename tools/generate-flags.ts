import { helmFlags } from '../src/controllers/helm/flags.ts';
import { kustomizeFlags } from '../src/controllers/kustomize/flags.ts';
import { hostedNotificationFlags, notificationFlags } from '../src/controllers/notification/flags.ts';
import { sourceFlags } from '../src/controllers/source/flags.ts';
import {
  featureGatesFlag,
  helmGates,
  kustomizeGates,
  notificationGates,
  sourceGates,
} from '../src/runtime/feature-gates.ts';
import type { Flag, Flags } from '../src/runtime/flag-types.ts';
import { commonFlags } from '../src/runtime/flags.ts';

/** The text of docs/flags.md: the flags of all controllers, from the values that parse them. */
export function flagsPage(): string {
  return `# Flags

<!-- made by \`npm run generate\` from src/runtime/flags.ts and the flags.ts of the controllers -->

Names, defaults and meaning are those of Flux 2.9. \`sluice <controller> --help\` shows the same.

## All controllers

${table(commonFlags({ concurrent: 4 }))}

The source-controller's \`--concurrent\` is 2 by default.

## source-controller

${table({ ...sourceFlags, gates: featureGatesFlag(sourceGates) })}

## kustomize-controller

${table({ ...kustomizeFlags, gates: featureGatesFlag(kustomizeGates) })}

## helm-controller

${table({ ...helmFlags, gates: featureGatesFlag(helmGates) })}

## notification-controller

Its \`--events-addr\` is where it takes events, not where it sends any.

${table({ ...notificationFlags, gates: featureGatesFlag(notificationGates) })}

## all

The flags of all controllers, and one of its own in the place of the notification-controller's \`--events-addr\`:

${table({ eventServerAddr: hostedNotificationFlags.eventServerAddr })}
`;
}

function table(flags: Flags): string {
  const byName = new Map(Object.values(flags).map((flag) => [flag.name, flag]));
  return ['| flag | takes | default | meaning |', '|---|---|---|---|', ...[...byName.values()].map(row)].join('\n');
}

function row({ name, takes, defaultText, description, env }: Flag<unknown>): string {
  const value = [code(defaultText), ...(env === undefined ? [] : [`or \`$${env}\``])].filter((part) => part !== '');
  return `| \`--${name}\` | ${takes === '' ? 'bool' : takes.replaceAll('|', ' \\| ')} | ${value.join(', ')} | ${description.replaceAll('|', '\\|')} |`;
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
