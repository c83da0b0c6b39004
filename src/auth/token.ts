/** What proves who we are, for a time. */
export interface Token {
  /** Milliseconds since the epoch; Infinity for what does not expire. */
  readonly expiresAt: number;
}

/** A token for the Authorization header. */
export interface BearerToken extends Token {
  readonly token: string;
}

/** A key pair of AWS, temporary when it has a session token. */
export interface AwsCredentials extends Token {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** `expires_in` of an OAuth answer, seconds (some services send it as text), as a time. An hour when it is missing. */
export function expiryOf(expiresIn: unknown, now: number): number {
  const seconds = Number(expiresIn);
  return now + (Number.isFinite(seconds) && seconds > 0 ? seconds : 3600) * 1000;
}
