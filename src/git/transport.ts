/**
 * How the messages of Git's protocol reach upload-pack. Over HTTP each call is a request of its own; over SSH all go
 * through one channel that asks for version 2 by `GIT_PROTOCOL`. A stream is read to the end of its message and then
 * closed by its reader. All methods throw GitError, and end when the signal does that the transport was made with.
 */
export interface Transport {
  /** Starts upload-pack, asks for protocol version 2, and gives the server's first message. */
  advertise(): Promise<AsyncIterable<Uint8Array>>;
  /** Sends one request in the protocol version that the advertisement had, and gives the server's answer. */
  call(request: string, version: ProtocolVersion): Promise<AsyncIterable<Uint8Array>>;
  /** Where the repository turned out to be, for a later session to begin with. */
  location(): TransportLocation;
  /** Ends what is still open. */
  close(): Promise<void>;
}

/** Version 1 is version 0 with a line that says so. */
export type ProtocolVersion = 0 | 1 | 2;

/** The address after redirects. */
export interface TransportLocation {
  readonly url: string;
  /** A redirect to another origin takes the credentials away for good. */
  readonly sendsCredentials: boolean;
}
