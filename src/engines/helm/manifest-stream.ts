import { fromBytes } from '../gotemplate/value/go-text.ts';
import { trimSpace } from './release/space.ts';
import type { Rendered } from './template.ts';

export interface StreamOptions {
  readonly includeCrds?: boolean;
  readonly noHooks?: boolean;
  readonly skipTests?: boolean;
}

/** A document with its header, and the template that it comes from. */
export interface ManifestDocument {
  readonly path: string;
  readonly text: string;
}

/** A rendering as `helm template` prints it. */
export function manifestStream(rendered: Rendered, options: StreamOptions = {}): string {
  const main = trimSpace(textOf(manifestsOf(rendered, options)));
  return `${main}\n${textOf(hooksOf(rendered, options))}`;
}

/** The same as documents: definitions, manifests, hooks. */
export function manifestDocuments(rendered: Rendered, options: StreamOptions = {}): readonly ManifestDocument[] {
  return [...manifestsOf(rendered, options), ...hooksOf(rendered, options)];
}

function manifestsOf(
  { crds, manifests }: Rendered,
  { includeCrds = false }: StreamOptions,
): readonly ManifestDocument[] {
  const definitions = includeCrds ? crds.map(({ path, content }) => document(path, fromBytes(content))) : [];
  return [...definitions, ...manifests.map(({ path, content }) => document(path, content))];
}

function hooksOf(
  { hooks }: Rendered,
  { noHooks = false, skipTests = false }: StreamOptions,
): readonly ManifestDocument[] {
  const wanted = noHooks ? [] : hooks.filter(({ events }) => !(skipTests && events.includes('test')));
  return wanted.map(({ path, content }) => document(path, content));
}

function document(path: string, content: string): ManifestDocument {
  return { path, text: `---\n# Source: ${path}\n${content}\n` };
}

function textOf(documents: readonly ManifestDocument[]): string {
  return documents.map(({ text }) => text).join('');
}
