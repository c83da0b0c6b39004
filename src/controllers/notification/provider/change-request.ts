import { metadataKeys, type NotificationEvent } from '../event.ts';
import { markdown } from './format.ts';
import { NotifyError } from './notifier.ts';

/** A comment on a pull or merge request: one for each object of a cluster, found again by what is hidden in it. */
export interface ChangeRequestComment {
  /** Hidden at the beginning of the text. Elsewhere it means nothing: messages may have all sorts of things in them. */
  readonly marker: string;
  readonly body: string;
}

/** The comment for an event (internal/notifier/git_change_request_comment.go). */
export function changeRequestComment(
  event: NotificationEvent,
  prefix: string,
  providerUid: string,
): ChangeRequestComment {
  const { kind, namespace, name } = event.involvedObject;
  const marker = `<!-- ${prefix}:${providerUid}/${kind}/${namespace}/${name} -->`;
  return { marker, body: `${marker}\n\n${markdown(event)}` };
}

/** The number of the pull or merge request that an event names. Throws NotifyError when it names none. */
export function changeRequestNumber({ metadata }: NotificationEvent): number {
  const key = metadataKeys.changeRequest;
  const text = metadata[key];
  if (text === undefined) throw new NotifyError(`missing "${key}" metadata key`, { permanent: true });
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new NotifyError(`invalid "${key}" metadata value ${JSON.stringify(text.slice(0, 64))}: not a number`, {
    permanent: true,
  });
}
