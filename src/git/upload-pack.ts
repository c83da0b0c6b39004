import type { Advertisement, Ref } from './advertisement.ts';
import { foreignText, GitError, quoted } from './errors.ts';
import { delimiterPacket, encodePacket, flushPacket, type PacketReader, packetText } from './pkt-line.ts';

/** What to ask for. */
export interface FetchRequest {
  /** The objects wanted, by name. */
  readonly want: string | readonly string[];
  /** Commits of history; undefined fetches all of it. */
  readonly depth?: number;
  /** Only commits younger than this, in seconds since 1970, instead of a depth. */
  readonly since?: number;
  /** Which objects to leave out. Ignored by servers without the capability: check {@link supportsFilter} first. */
  readonly filter?: 'blob:none' | 'tree:0';
}

const agent = 'agent=sluice';

/** Whether the server can leave objects out of a pack. */
export function supportsFilter(advertisement: Advertisement): boolean {
  return advertisement.version === 2
    ? featuresOf(advertisement, 'fetch').has('filter')
    : advertisement.capabilities.has('filter');
}

/** Whether the server can cut history off. */
export function supportsShallow(advertisement: Advertisement): boolean {
  return advertisement.version === 2
    ? featuresOf(advertisement, 'fetch').has('shallow')
    : advertisement.capabilities.has('shallow');
}

/** The version 2 request for references whose names begin with one of the prefixes (all, when there is none). */
export function lsRefsRequest(advertisement: Advertisement, prefixes: readonly string[]): string {
  const unborn = featuresOf(advertisement, 'ls-refs').has('unborn') ? ['unborn'] : [];
  const args = ['peel', 'symrefs', ...unborn, ...prefixes.map((prefix) => `ref-prefix ${prefix}`)];
  return command(advertisement, 'ls-refs', args);
}

/** Reads the answer to {@link lsRefsRequest}. A HEAD that points to a branch not born yet is left out. */
export async function readRefs(reader: PacketReader): Promise<Ref[]> {
  const refs: Ref[] = [];
  for (let packet = await reader.expect(); packet.type !== 'flush'; packet = await reader.expect()) {
    const [oid = '', name = '', ...attributes] = packetText(packet).split(' ');
    if (oid === 'unborn') {
      continue;
    }
    if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(oid) || name === '') {
      throw new GitError('ProtocolError', `unexpected line in a listing: ${quoted(foreignText(packetText(packet)))}`);
    }
    const peeled = attribute(attributes, 'peeled:');
    const symrefTarget = attribute(attributes, 'symref-target:');
    refs.push({
      name,
      oid,
      ...(peeled === undefined ? {} : { peeled }),
      ...(symrefTarget === undefined ? {} : { symrefTarget }),
    });
  }
  return refs;
}

/** The request for a pack, in the version that the server speaks. No `have`: what came earlier is never built upon. */
export function fetchRequest(advertisement: Advertisement, request: FetchRequest): string {
  const wants = typeof request.want === 'string' ? [request.want] : request.want;
  const shallow = supportsShallow(advertisement) ? shallowLines(request) : [];
  const filter = request.filter !== undefined && supportsFilter(advertisement) ? [`filter ${request.filter}`] : [];
  if (advertisement.version === 2) {
    const lines = ['ofs-delta', 'no-progress', ...wants.map((oid) => `want ${oid}`), ...shallow, ...filter, 'done'];
    return command(advertisement, 'fetch', lines);
  }
  const lines = wants.map((oid, index) =>
    index === 0 ? `want ${oid} ${legacyCapabilities(advertisement)}` : `want ${oid}`,
  );
  return `${[...lines, ...shallow, ...filter].map(encodePacket).join('')}${flushPacket}${encodePacket('done')}`;
}

/**
 * Reads the answer to {@link fetchRequest} up to the pack, whose bytes are in the side band from there on. Throws
 * `ProtocolError`.
 */
export async function readToPack(
  reader: PacketReader,
  advertisement: Advertisement,
  request: FetchRequest,
): Promise<void> {
  if (advertisement.version === 2) {
    await readSections(reader);
    return;
  }
  const shallow = supportsShallow(advertisement) && shallowLines(request).length > 0;
  if (shallow) {
    while ((await reader.expect()).type !== 'flush');
  }
  const answer = packetText(await reader.expect());
  if (answer !== 'NAK' && !answer.startsWith('ACK ')) {
    throw new GitError('ProtocolError', `the server answered ${quoted(foreignText(answer))}, expected NAK`);
  }
}

async function readSections(reader: PacketReader): Promise<void> {
  for (;;) {
    const packet = await reader.expect();
    const section = packetText(packet);
    if (packet.type === 'data' && section === 'packfile') {
      return;
    }
    if (packet.type === 'flush') {
      throw new GitError('ProtocolError', 'the server sent no pack');
    }
    if (packet.type !== 'data' || !/^(?:acknowledgments|shallow-info|wanted-refs|packfile-uris)$/.test(section)) {
      throw new GitError('ProtocolError', `unexpected section ${quoted(foreignText(section))}, expected a pack`);
    }
    while ((await reader.expect()).type === 'data');
  }
}

function command(advertisement: Advertisement, name: string, args: readonly string[]): string {
  const format = advertisement.capabilities.has('object-format') ? [`object-format=${advertisement.format}`] : [];
  const head = [`command=${name}`, agent, ...format].map(encodePacket).join('');
  return `${head}${delimiterPacket}${args.map(encodePacket).join('')}${flushPacket}`;
}

function shallowLines(request: FetchRequest): string[] {
  if (request.since !== undefined) {
    return [`deepen-since ${request.since}`];
  }
  return request.depth === undefined ? [] : [`deepen ${request.depth}`];
}

function legacyCapabilities({ capabilities, format }: Advertisement): string {
  if (!capabilities.has('side-band-64k')) {
    throw new GitError('ProtocolError', "the server has neither protocol version 2 nor the capability 'side-band-64k'");
  }
  // Azure DevOps answers only clients that offer multi_ack_detailed, though nothing is negotiated here.
  const wanted = [
    'multi_ack_detailed',
    'side-band-64k',
    'ofs-delta',
    'no-progress',
    'shallow',
    'deepen-since',
    'filter',
    'object-format',
  ];
  const known = wanted.filter((name) => capabilities.has(name));
  return [...known.map((name) => (name === 'object-format' ? `${name}=${format}` : name)), agent].join(' ');
}

function featuresOf(advertisement: Advertisement, name: string): Set<string> {
  return new Set((advertisement.capabilities.get(name) ?? '').split(' '));
}

function attribute(attributes: readonly string[], prefix: string): string | undefined {
  return attributes.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}
