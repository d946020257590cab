/** The secrets under which better-auth encrypts second factors and tokens of other providers. */
import { createHash } from 'node:crypto';
import { formatEnvelope, parseEnvelope, symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import type { AuthSecrets } from '../../core/sealed';

/** better-auth notes by a number which secret encrypted a text. Made of the secret itself, it is nothing for the operator to count. */
const versionOf = (secret: string): number => Number.parseInt(createHash('sha256').update(secret).digest('hex').slice(0, 8), 16);

/** For better-auth's options. A text without a number is of the time before there were any: of the oldest secret that is kept. */
export const authSecretsAsVersions = (secrets: AuthSecrets) => ({
  secret: secrets.at(-1)!,
  secrets: secrets.map((value) => ({ version: versionOf(value), value })),
});

/** What every text begins with that the present secret encrypted. */
export const presentPrefix = ([present]: AuthSecrets): string => formatEnvelope(versionOf(present), '');

export const encrypt = async ([present]: AuthSecrets, text: string): Promise<string> =>
  formatEnvelope(versionOf(present), await symmetricEncrypt({ key: present, data: text }));

/** Undefined where none of these secrets encrypted it. */
export async function decrypt(secrets: AuthSecrets, encrypted: string): Promise<string | undefined> {
  const data = parseEnvelope(encrypted)?.ciphertext ?? encrypted;
  for (const key of secrets) {
    const text = await symmetricDecrypt({ key, data }).catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}
