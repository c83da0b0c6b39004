import { fromBytes } from '../gotemplate/value/go-text.ts';
import { trimSpace } from './release/space.ts';
import type { Rendered } from './template.ts';

export interface StreamOptions {
  readonly includeCrds?: boolean;
  readonly noHooks?: boolean;
  readonly skipTests?: boolean;
}

/** A rendering as `helm template` prints it. */
export function manifestStream({ crds, manifests, hooks }: Rendered, options: StreamOptions = {}): string {
  const documents = [
    ...(options.includeCrds === true ? crds.map(({ path, content }) => document(path, fromBytes(content))) : []),
    ...manifests.map(({ path, content }) => document(path, content)),
  ];
  const shown = options.noHooks === true ? [] : hooks;
  const wanted = shown.filter(({ events }) => !(options.skipTests === true && events.includes('test')));
  const main = trimSpace(documents.join(''));
  return `${main}\n${wanted.map(({ path, content }) => document(path, content)).join('')}`;
}

function document(path: string, content: string): string {
  return `---\n# Source: ${path}\n${content}\n`;
}
