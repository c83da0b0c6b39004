import type { Command } from 'commander';
import type { TemplateFlag } from './template-flags.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
const collectList = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(','),
];

/** Gives a command flags as helm has them. */
export function addFlags(command: Command, flags: readonly TemplateFlag[]): void {
  for (const { name, short, value, many, about } of flags) {
    const written = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
    const option = command.createOption(written, about);
    if (many !== undefined) option.argParser(many === 'commas' ? collectList : collect);
    command.addOption(option);
  }
}
