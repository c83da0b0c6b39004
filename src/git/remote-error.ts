import { foreignText, GitError, type GitErrorCode } from './errors.ts';

/** What servers say in words, and what it means: `ERR` packets and the error band of upload-pack.c and of hosters. */
const meanings: readonly (readonly [RegExp, GitErrorCode])[] = [
  [/not our ref|unadvertised object|no such (?:object|commit)|bad object/i, 'ObjectNotFound'],
  [/not found|does not exist|not exported|no such repository/i, 'RepositoryNotFound'],
  [/access denied|permission denied|unauthorized|authentication/i, 'AuthenticationFailed'],
];

/** The error for a message that the server sent in the protocol itself instead of by an HTTP status. */
export function remoteError(text: string): GitError {
  const said = foreignText(text);
  const code = meanings.find(([pattern]) => pattern.test(said))?.[1] ?? 'ProtocolError';
  return new GitError(code, `remote error: ${said}`);
}
