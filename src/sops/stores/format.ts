/** The formats of encrypted files, as errors name them. */
export type Format = 'binary' | 'dotenv' | 'INI' | 'JSON' | 'YAML';

/** The format by a file's name: unknown ones are binary (getsops/sops cmd/sops/formats; Docker configs are JSON). */
export function formatOfPath(path: string): Format {
  if (path.endsWith('.yaml') || path.endsWith('.yml')) return 'YAML';
  if (path.endsWith('.json') || path.endsWith('.dockerconfigjson')) return 'JSON';
  if (path.endsWith('.env')) return 'dotenv';
  return path.endsWith('.ini') ? 'INI' : 'binary';
}

const markers: Readonly<Record<Format, string>> = {
  dotenv: 'sops_mac=ENC[',
  JSON: '"mac": "ENC[',
  // A binary file is a JSON envelope once it is encrypted.
  binary: '"mac": "ENC[',
  YAML: 'mac: ENC[',
  INI: '[sops]',
};

/** Whether a file of this format has the mark of an encrypted one (kustomize-controller internal/decryptor). */
export function hasMarker(content: Uint8Array, format: Format): boolean {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(markers[format]);
}

/** The format of an encrypted document by its mark; undefined when it has none. */
export function detectFormat(content: Uint8Array): Format | undefined {
  return (['dotenv', 'JSON', 'YAML', 'INI'] as const).find((format) => hasMarker(content, format));
}
