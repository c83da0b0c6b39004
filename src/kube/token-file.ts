import { open } from 'node:fs/promises';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Credentials } from './connection.ts';

/** A token is looked at again after this long, as client-go does; the kubelet rewrites it well before it ends. */
const freshMs = 60_000;
const maxTokenBytes = 64 << 10;

/** A bearer token in a file that others rewrite (projected ServiceAccount tokens last an hour). */
export class TokenFile implements Credentials {
  readonly #path: string;
  readonly #clock: Clock;
  #header = '';
  #readAt = 0;
  #reading: Promise<string> | undefined;

  private constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Reads the token for the first time. Throws when that fails. */
  static async open(path: string, clock: Clock = systemClock): Promise<TokenFile> {
    const file = new TokenFile(path, clock);
    await file.#read();
    return file;
  }

  authorization(): string | Promise<string> {
    const age = this.#clock.now() - this.#readAt;
    if (age >= 0 && age < freshMs) return this.#header;
    // While the file cannot be read, the last token may still be good.
    this.#reading ??= this.#read()
      .catch(() => this.#header)
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  renew(): boolean {
    this.#readAt = 0;
    return true;
  }

  async #read(): Promise<string> {
    await using file = await open(this.#path);
    const buffer = Buffer.alloc(maxTokenBytes);
    const { bytesRead } = await file.read(buffer, 0, maxTokenBytes, 0);
    const token = buffer.toString('utf8', 0, bytesRead).trim();
    if (token === '') throw new Error(`${this.#path} holds no token`);
    this.#header = `Bearer ${token}`;
    this.#readAt = this.#clock.now();
    return this.#header;
  }
}
