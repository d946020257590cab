/** The one thing taken from Node's module; its own types would bring all of Node's globals with them. */
declare module 'node:crypto' {
  interface ScryptOptions {
    N: number;
    r: number;
    p: number;
    maxmem: number;
  }
  export function scrypt(
    password: string,
    salt: string,
    keyBytes: number,
    options: ScryptOptions,
    done: (error: Error | null, key: Uint8Array<ArrayBuffer>) => void,
  ): void;
}
