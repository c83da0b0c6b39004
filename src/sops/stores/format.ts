/** The formats of encrypted files, as errors name them. */
export type Format = 'binary' | 'dotenv' | 'INI' | 'JSON' | 'YAML';

/** The format by a file's name: unknown ones are binary (getsops/sops cmd/sops/formats; Docker configs are JSON). */
export function formatOfPath(path: string): Format {
  if (path.endsWith('.yaml') || path.endsWith('.yml')) return 'YAML';
  if (path.endsWith('.json') || path.endsWith('.dockerconfigjson')) return 'JSON';
  if (path.endsWith('.env')) return 'dotenv';
  return path.endsWith('.ini') ? 'INI' : 'binary';
}

/** How every value begins that is encrypted; the MAC is one in every encrypted file. */
const ciphertext = 'ENC[AES256_GCM,data:';

const json = /"mac"\s{0,100}:\s{0,100}"ENC\[/;

const markers: Readonly<Record<Format, RegExp>> = {
  dotenv: /^sops_mac=ENC\[/m,
  JSON: json,
  // A binary file is a JSON envelope once it is encrypted.
  binary: json,
  YAML: /mac: ["']?ENC\[/,
  INI: /\[sops\]/,
};

/**
 * Whether a file of this format has the mark of an encrypted one (kustomize-controller internal/decryptor, which knows
 * it as the sops command writes it alone; here it may have been formatted since).
 */
export function hasMarker(content: Uint8Array, format: Format): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return bytes.includes(ciphertext) && markers[format].test(bytes.toString('latin1'));
}

/** The format of an encrypted document by its mark; undefined when it has none. */
export function detectFormat(content: Uint8Array): Format | undefined {
  return (['dotenv', 'JSON', 'YAML', 'INI'] as const).find((format) => hasMarker(content, format));
}
