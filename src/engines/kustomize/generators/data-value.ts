import { STYLE, TAG, YamlNode } from '../../../yaml/node.ts';

/** A text as a value of `data`: a literal block when it has line breaks. */
export function configMapValue(text: string): YamlNode {
  return new YamlNode('scalar', TAG.str, text, text.includes('\n') ? STYLE.literal : 0);
}

/** A text that is base64 already. */
export function secretValue(encoded: string): YamlNode {
  return configMapValue(encoded);
}

const lineLength = 70;

/** Base64 as kyaml writes it: in lines of 70 characters, each with a line break, once it takes more than one. */
export function encodeBase64(data: string | Uint8Array): string {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  let binary = '';
  for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  const encoded = btoa(binary);
  if (encoded.length < lineLength) return encoded;
  return encoded.replace(/.{1,70}/g, '$&\n');
}
