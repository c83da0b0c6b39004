import { redact } from '../lib/redact.ts';
import { type Advertisement, type Ref, readAdvertisement } from './advertisement.ts';
import { GitError } from './errors.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import type { GitLimits } from './limits.ts';
import type { ObjectStore } from './object-store.ts';
import { Pack } from './pack.ts';
import { PacketReader } from './pkt-line.ts';
import { readSideBand } from './side-band.ts';
import type { Transport } from './transport.ts';
import { type FetchRequest, fetchRequest, lsRefsRequest, readRefs, readToPack } from './upload-pack.ts';

/** A repository on a server. Every method throws GitError and ends with the signal that the remote was opened with. */
export interface Remote {
  /** As it was given, without credentials: for messages. */
  readonly displayUrl: string;
  readonly limits: GitLimits;
  /** Throws `Timeout` or `Canceled` when the signal has ended the remote: for long work between requests. */
  checkWanted(): void;
  /** What the server is and can do. */
  advertisement(): Promise<Advertisement>;
  /**
   * The references whose names begin with one of the prefixes; all of them when there is no prefix. One request when
   * the server is known from before.
   */
  listRefs(prefixes: readonly string[]): Promise<Ref[]>;
  /** Fetches a pack with the wanted objects and what they need, verified. */
  fetch(request: FetchRequest): Promise<ObjectStore>;
  /**
   * Opens a submodule's repository the way this one was opened; the caller closes it. Credentials go to the same origin
   * only. `limits` take the place of this remote's.
   */
  sibling(url: string, limits: Partial<GitLimits>): Remote;
  /** Ends what is open. */
  close(): Promise<void>;
}

/** What a remote needs of its surroundings. */
export interface RemoteOptions {
  readonly displayUrl: string;
  readonly limits: GitLimits;
  /** Texts that no message may hold. */
  readonly secrets: readonly string[];
  /** The server as it was seen before; what it says now is asked when that turns out to be wrong. */
  readonly known?: Advertisement;
  /** Throws when the caller's signal has ended the remote. */
  checkWanted(): void;
  connect(fresh: boolean): Transport;
  learned(advertisement: Advertisement, transport: Transport): void;
  forget(): void;
  sibling(url: string, limits: Partial<GitLimits>): Remote;
  release(): Promise<void>;
}

const sideBandFactor = 1.01;
/** Failures that a server which changed since it was seen may cause. */
const staleCodes = new Set([
  'ProtocolError',
  'ServerError',
  'RepositoryNotFound',
  'AuthenticationFailed',
  'RedirectRefused',
]);

/** A remote that speaks Git's protocol over some transport. */
export class ProtocolRemote implements Remote {
  readonly displayUrl: string;
  readonly limits: GitLimits;
  readonly #options: RemoteOptions;
  #transport: Transport;
  #advertisement: Promise<Advertisement> | undefined;
  #assumed: boolean;

  constructor(options: RemoteOptions) {
    this.displayUrl = options.displayUrl;
    this.limits = options.limits;
    this.#options = options;
    this.#assumed = options.known !== undefined;
    this.#advertisement = options.known === undefined ? undefined : Promise.resolve(options.known);
    this.#transport = options.connect(false);
  }

  advertisement(): Promise<Advertisement> {
    this.#advertisement ??= this.#guard(this.#discover());
    return this.#advertisement;
  }

  listRefs(prefixes: readonly string[]): Promise<Ref[]> {
    return this.#guard(this.#withFreshness((advertisement) => this.#list(advertisement, prefixes)));
  }

  fetch(request: FetchRequest): Promise<ObjectStore> {
    return this.#guard(this.#withFreshness((advertisement) => this.#fetch(advertisement, request)));
  }

  checkWanted(): void {
    this.#options.checkWanted();
  }

  sibling(url: string, limits: Partial<GitLimits>): Remote {
    return this.#options.sibling(url, limits);
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.#options.release();
  }

  async #discover(): Promise<Advertisement> {
    const reader = new PacketReader(await this.#transport.advertise(), this.limits.maxRefsBytes);
    const advertisement = await reading(reader, readAdvertisement(reader));
    this.#options.learned(advertisement, this.#transport);
    return advertisement;
  }

  /** What was assumed of the server from before may be wrong once: then it is asked, and the step is repeated. */
  async #withFreshness<T>(step: (advertisement: Advertisement) => Promise<T>): Promise<T> {
    const assumed = this.#assumed;
    const advertisement = await this.advertisement();
    try {
      const result = await step(advertisement);
      this.#assumed = false;
      return result;
    } catch (error) {
      if (!assumed || !(error instanceof GitError) || !staleCodes.has(error.code)) {
        throw error;
      }
    }
    this.#options.forget();
    this.#assumed = false;
    await this.#transport.close();
    this.#transport = this.#options.connect(true);
    this.#advertisement = undefined;
    return step(await this.advertisement());
  }

  async #list(advertisement: Advertisement, prefixes: readonly string[]): Promise<Ref[]> {
    const wanted = (ref: Ref) => prefixes.length === 0 || prefixes.some((prefix) => ref.name.startsWith(prefix));
    if (advertisement.refs !== undefined) {
      return advertisement.refs.filter(wanted);
    }
    const answer = await this.#transport.call(lsRefsRequest(advertisement, prefixes), advertisement.version);
    const reader = new PacketReader(answer, this.limits.maxRefsBytes);
    // Prefixes are hints: a server may list more (gitprotocol-v2, "ls-refs").
    return (await reading(reader, readRefs(reader))).filter(wanted);
  }

  async #fetch(advertisement: Advertisement, request: FetchRequest): Promise<ObjectStore> {
    const body = fetchRequest(advertisement, request);
    const answer = await this.#transport.call(body, advertisement.version);
    const { maxPackBytes, maxRefsBytes } = this.limits;
    const reader = new PacketReader(answer, maxPackBytes * sideBandFactor + maxRefsBytes);
    const pack = new GrowingBuffer(maxPackBytes, 'the pack');
    await reading(
      reader,
      readToPack(reader, advertisement, request).then(() => readSideBand(reader, pack)),
    );
    return Pack.open(pack.finish(), advertisement.format, this.limits, () => this.checkWanted());
  }

  /** No server gets a credential back into a message, wherever it got it from. */
  async #guard<T>(result: Promise<T>): Promise<T> {
    try {
      return await result;
    } catch (error) {
      const message = error instanceof GitError ? redact(error.message, this.#options.secrets) : '';
      if (error instanceof GitError && message !== error.message) {
        throw new GitError(error.code, message);
      }
      throw error;
    }
  }
}

/** The result, with the reader's connection given back either way. */
async function reading<T>(reader: PacketReader, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } finally {
    await reader.close();
  }
}
