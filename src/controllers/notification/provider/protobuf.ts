/**
 * The few kinds of fields that our messages have, in the wire format of Protocol Buffers.
 *
 * https://protobuf.dev/programming-guides/encoding/
 */
const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** An enum or an unsigned integer below 2^31. */
export function varintField(field: number, value: number): Buffer {
  return Buffer.concat([tag(field, wire.varint), varint(value)]);
}

/** A text, bytes, or a message whose fields follow each other. */
export function bytesField(field: number, ...values: readonly (string | Uint8Array)[]): Buffer {
  const value = Buffer.concat(values.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([tag(field, wire.bytes), varint(value.length), value]);
}

/** Eight bytes, little-endian. */
export function fixed64Field(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([tag(field, wire.fixed64), bytes]);
}

/** Four bytes, little-endian. */
export function fixed32Field(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return Buffer.concat([tag(field, wire.fixed32), bytes]);
}

function tag(field: number, type: number): Buffer {
  return varint(field * 8 + type);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Buffer.from([...bytes, left]);
}
