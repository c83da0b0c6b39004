import { isRecord } from '../../../../lib/json.ts';
import { imageName, repositoryName } from './names.ts';

/** An image of a registry; without a tag, any of it. */
export interface PushedImage {
  /** As {@link imageName} has it. */
  readonly name: string;
  readonly tag?: string;
}

/** What a call says was pushed. */
export interface Pushed {
  /** Git repositories, as {@link repositoryName} has them. */
  readonly repositories: ReadonlySet<string>;
  /** Full names of branches and tags; none when the call does not say. */
  readonly refs: ReadonlySet<string>;
  readonly images: readonly PushedImage[];
}

/** Where GitHub, GitLab, Gitea, Forgejo, Gogs, Bitbucket and Azure DevOps name a repository. */
const urlPaths = [
  'repository.clone_url',
  'repository.ssh_url',
  'repository.git_url',
  'repository.html_url',
  'repository.git_http_url',
  'repository.git_ssh_url',
  'repository.homepage',
  'repository.links.clone[].href',
  'repository.links.html.href',
  'repository.links.self[].href',
  'project.git_http_url',
  'project.git_ssh_url',
  'project.web_url',
  'resource.repository.remoteUrl',
];
/** And where branches and tags. */
const refPaths = [
  'ref',
  'changes[].refId',
  'changes[].ref.id',
  'push.changes[].new.name',
  'resource.refUpdates[].name',
];
/** Nobody pushes more at a time. */
const maxFound = 100;

/** What the JSON body of a call says was pushed, in the words of those who call webhooks. */
export function pushedOf(body: unknown): Pushed {
  const all = (paths: readonly string[]): readonly string[] => paths.flatMap((path) => textsAt(body, path));
  return {
    repositories: new Set(all(urlPaths).flatMap((url) => repositoryName(url) ?? [])),
    refs: new Set(all(refPaths).flatMap(fullRefs)),
    images: imagesOf(body),
  };
}

/** A short name may be that of a branch or of a tag. */
function fullRefs(ref: string): readonly string[] {
  if (ref === '') return [];
  return ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
}

function imagesOf(body: unknown): readonly PushedImage[] {
  const [hub] = textsAt(body, 'repository.repo_name');
  const [quay] = textsAt(body, 'docker_url');
  const [acrHost, acr] = [textsAt(body, 'request.host')[0], textsAt(body, 'target.repository')[0]];
  return [
    // Docker Hub
    ...images(hub === undefined ? undefined : `docker.io/${hub}`, textsAt(body, 'push_data.tag')),
    ...images(quay, textsAt(body, 'updated_tags[]')),
    // Azure
    ...images(
      acr === undefined || acrHost === undefined ? undefined : `${acrHost}/${acr}`,
      textsAt(body, 'target.tag'),
    ),
    // Harbor, and Google, whose event has an image where others have a tag
    ...['event_data.resources[].resource_url', 'tag', 'digest'].flatMap((path) =>
      textsAt(body, path).flatMap((reference) => imageOf(reference)),
    ),
  ].slice(0, maxFound);
}

function images(repository: string | undefined, tags: readonly string[]): readonly PushedImage[] {
  const name = repository === undefined ? undefined : imageName(repository);
  if (name === undefined) return [];
  return tags.length === 0 ? [{ name }] : tags.map((tag) => ({ name, tag }));
}

/** `host/path:tag` or `host/path@digest`. */
function imageOf(reference: string): readonly PushedImage[] {
  const [, repository = '', tag] = /^([^\s@]+?)(?::([\w][\w.-]*))?(?:@.*)?$/.exec(reference) ?? [];
  if (!repository.includes('/')) return [];
  return images(repository, tag === undefined ? [] : [tag]);
}

/** The texts at a path of fields; `[]` goes through a list. */
function textsAt(value: unknown, path: string): readonly string[] {
  let found: readonly unknown[] = [value];
  for (const step of path.split('.')) {
    const isList = step.endsWith('[]');
    const field = isList ? step.slice(0, -2) : step;
    found = found
      .flatMap((one) => {
        const inner = isRecord(one) && Object.hasOwn(one, field) ? one[field] : undefined;
        return isList ? (Array.isArray(inner) ? inner.slice(0, maxFound) : []) : [inner];
      })
      .slice(0, maxFound);
  }
  return found.filter((one) => typeof one === 'string');
}
