import { GitError } from './errors.ts';
import type { GrowingBuffer } from './growing-buffer.ts';
import type { PacketReader } from './pkt-line.ts';
import { remoteError } from './remote-error.ts';

/**
 * Reads a side band (gitprotocol-capabilities, "side-band-64k") to its end: band 1 goes into the buffer, progress is
 * dropped, band 3 is the server's error.
 */
export async function readSideBand(reader: PacketReader, into: GrowingBuffer): Promise<void> {
  for (let packet = await reader.expect(); packet.type !== 'flush'; packet = await reader.expect()) {
    const { payload } = packet;
    if (packet.type !== 'data') {
      throw new GitError('ProtocolError', `unexpected ${packet.type} packet inside a pack`);
    }
    switch (payload[0]) {
      case 1:
        into.append(payload.subarray(1));
        break;
      case 2:
      case undefined:
        break;
      case 3:
        throw remoteError(payload.toString('utf8', 1));
      default:
        throw new GitError('ProtocolError', `unknown side band ${payload[0]}`);
    }
  }
}
