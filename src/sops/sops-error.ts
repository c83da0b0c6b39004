/** What is wrong with an encrypted document. */
export type SopsErrorCode =
  /** It cannot be read in its format, or has no usable metadata. */
  | 'format'
  /** No data key: none of the master keys could be used. */
  | 'key'
  /** A value cannot be decrypted. */
  | 'value'
  /** The message authentication code is missing or is not that of the values. */
  | 'mac'
  /** It cannot be written in the format that was asked for. */
  | 'output';

/** A document that could not be decrypted. The message never repeats values, be they encrypted or not. */
export class SopsError extends Error {
  readonly code: SopsErrorCode;

  constructor(code: SopsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SopsError';
    this.code = code;
  }
}
