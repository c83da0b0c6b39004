/** No token, or none that is right: the message tells why not, without secrets. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
}
