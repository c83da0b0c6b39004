/** A key that encrypts the data key of a document (or its share of it), with the fields SOPS keeps for its kind. */
export type MasterKey = AgeKey | PgpKey | VaultKey | AwsKmsKey | GcpKmsKey | AzureKey | HuaweiKmsKey;

/** The kinds, named as the lists in SOPS' metadata are (getsops/sops stores/stores.go). */
export type MasterKeyKind = MasterKey['kind'];

interface Encrypted {
  /** The encrypted data key as the metadata has it: its encoding depends on the kind. */
  readonly enc: string;
}

export interface AgeKey extends Encrypted {
  readonly kind: 'age';
  readonly recipient: string;
}

export interface PgpKey extends Encrypted {
  readonly kind: 'pgp';
  /** The fingerprint in hexadecimal digits. */
  readonly fp: string;
}

export interface VaultKey extends Encrypted {
  readonly kind: 'hc_vault';
  readonly vaultAddress: string;
  readonly enginePath: string;
  readonly keyName: string;
}

export interface AwsKmsKey extends Encrypted {
  readonly kind: 'kms';
  readonly arn: string;
  /** The role to assume; `''` for none. */
  readonly role: string;
  /** The encryption context. */
  readonly context: Readonly<Record<string, string>>;
  /** A profile of the machine that encrypted; `''` for none. It means nothing here. */
  readonly awsProfile: string;
}

export interface GcpKmsKey extends Encrypted {
  readonly kind: 'gcp_kms';
  readonly resourceId: string;
}

export interface AzureKey extends Encrypted {
  readonly kind: 'azure_kv';
  readonly vaultUrl: string;
  readonly name: string;
  readonly version: string;
}

/** Huawei Cloud KMS: read, so that such a document can be decrypted by another of its keys. */
export interface HuaweiKmsKey extends Encrypted {
  readonly kind: 'hckms';
  readonly keyId: string;
}

/** What errors call a key; as SOPS names it. */
export function nameOfKey(key: MasterKey): string {
  switch (key.kind) {
    case 'age':
      return key.recipient;
    case 'pgp':
      return key.fp;
    case 'hc_vault':
      return `${key.vaultAddress}/v1/${key.enginePath}/keys/${key.keyName}`;
    case 'kms':
      return key.role === '' ? key.arn : `${key.arn}+${key.role}`;
    case 'gcp_kms':
      return key.resourceId;
    case 'azure_kv':
      return `${key.vaultUrl}/keys/${key.name}/${key.version}`;
    case 'hckms':
      return key.keyId;
  }
}
