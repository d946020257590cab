/** What is taken from Node's modules; their own types would bring all of Node's globals with them. */
declare module 'node:crypto' {
  interface ScryptOptions {
    N: number;
    r: number;
    p: number;
    maxmem: number;
  }
  export function createHash(algorithm: string): { update(text: string): { digest(encoding: 'hex'): string } };
  export function scrypt(
    password: string,
    salt: string,
    keyBytes: number,
    options: ScryptOptions,
    done: (error: Error | null, key: Uint8Array<ArrayBuffer>) => void,
  ): void;
}

/** Our own SDK as npm takes it; the build makes it. */
declare module 'sdk-package' {
  export const file: string;
  export const base64: string;
}
