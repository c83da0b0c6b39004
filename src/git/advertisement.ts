import { foreignText, GitError, quoted } from './errors.ts';
import type { ObjectFormat } from './oid.ts';
import { type PacketReader, packetText } from './pkt-line.ts';
import type { ProtocolVersion } from './transport.ts';

/** One reference of a repository. */
export interface Ref {
  readonly name: string;
  /** What it points to: the tag object of an annotated tag. */
  readonly oid: string;
  /** What an annotated tag finally points to. */
  readonly peeled?: string;
  /** The name a symbolic reference such as HEAD stands for. */
  readonly symrefTarget?: string;
}

/** What a server says of itself before it is asked anything. */
export interface Advertisement {
  readonly version: ProtocolVersion;
  /** Capabilities with their values (empty where there is none). In version 2 the commands are among them. */
  readonly capabilities: ReadonlyMap<string, string>;
  readonly format: ObjectFormat;
  /** Versions 0 and 1 list all references at once. */
  readonly refs?: readonly Ref[];
}

/** Reads the first message of upload-pack in any protocol version. Throws `ProtocolError` when it is none. */
export async function readAdvertisement(reader: PacketReader): Promise<Advertisement> {
  let packet = await reader.expect();
  let line = packetText(packet);
  if (packet.type === 'data' && line.startsWith('# service=')) {
    if ((await reader.expect()).type !== 'flush') {
      throw new GitError('ProtocolError', 'the advertisement has no flush after its service line');
    }
    packet = await reader.expect();
    line = packetText(packet);
  }
  if (packet.type === 'data' && line === 'version 2') {
    return readVersion2(reader);
  }
  if (packet.type === 'data' && line === 'version 1') {
    return readLegacyRefs(reader, 1, await reader.expect());
  }
  return readLegacyRefs(reader, 0, packet);
}

async function readVersion2(reader: PacketReader): Promise<Advertisement> {
  const capabilities = new Map<string, string>();
  for (let packet = await reader.expect(); packet.type !== 'flush'; packet = await reader.expect()) {
    const [name = '', ...value] = packetText(packet).split('=');
    capabilities.set(name, value.join('='));
  }
  for (const command of ['ls-refs', 'fetch']) {
    if (!capabilities.has(command)) {
      throw new GitError('ProtocolError', `the server's protocol version 2 lacks the command ${command}`);
    }
  }
  return { version: 2, capabilities, format: formatOf(capabilities) };
}

async function readLegacyRefs(
  reader: PacketReader,
  version: 0 | 1,
  first: Awaited<ReturnType<PacketReader['expect']>>,
): Promise<Advertisement> {
  const refs = new Map<string, Ref>();
  const capabilities = new Map<string, string>();
  const symrefs = new Map<string, string>();
  for (let packet = first; packet.type !== 'flush'; packet = await reader.expect()) {
    const text = packetText(packet);
    const nul = text.indexOf('\0');
    const line = nul === -1 ? text : text.slice(0, nul);
    if (packet === first) {
      readCapabilities(nul === -1 ? '' : text.slice(nul + 1), capabilities, symrefs);
    }
    addRef(line, refs);
  }
  for (const [name, target] of symrefs) {
    const ref = refs.get(name);
    if (ref !== undefined) {
      refs.set(name, { ...ref, symrefTarget: target });
    }
  }
  return { version, capabilities, format: formatOf(capabilities), refs: [...refs.values()] };
}

function addRef(line: string, refs: Map<string, Ref>): void {
  const match = /^([0-9a-f]{40}|[0-9a-f]{64}) (.+)$/.exec(line);
  if (match === null) {
    if (line.startsWith('shallow ')) {
      return;
    }
    throw new GitError('ProtocolError', `unexpected line in the advertisement: ${quoted(foreignText(line))}`);
  }
  const [, oid = '', name = ''] = match;
  if (!name.endsWith('^{}')) {
    refs.set(name, { name, oid });
    return;
  }
  // Without its tag it is the stand-in of an empty repository, `capabilities^{}` (gitprotocol-pack, "no-refs").
  const tag = refs.get(name.slice(0, -3));
  if (tag !== undefined) {
    refs.set(tag.name, { ...tag, peeled: oid });
  }
}

function readCapabilities(text: string, capabilities: Map<string, string>, symrefs: Map<string, string>): void {
  for (const word of text.split(' ')) {
    const [name = '', ...rest] = word.split('=');
    const value = rest.join('=');
    if (name === 'symref') {
      const colon = value.indexOf(':');
      symrefs.set(value.slice(0, colon), value.slice(colon + 1));
    } else if (name !== '') {
      capabilities.set(name, value);
    }
  }
}

function formatOf(capabilities: ReadonlyMap<string, string>): ObjectFormat {
  const format = capabilities.get('object-format') ?? 'sha1';
  if (format !== 'sha1' && format !== 'sha256') {
    throw new GitError('ProtocolError', `unsupported object format '${foreignText(format)}', expected sha1 or sha256`);
  }
  return format;
}
