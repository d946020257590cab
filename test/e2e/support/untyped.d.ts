/** Libraries without types, as far as the tests use them. */
declare module 'oidc-provider' {
  export default class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    Client: { prototype: { redirectUriAllowed: (uri: string) => boolean } };
    callback(): import('node:http').RequestListener;
  }
}

declare module 'samlp' {
  const samlp: {
    parseRequest: (
      request: unknown,
      options: Record<string, unknown>,
      done: (error: unknown, parsed: { assertionConsumerServiceURL: string }) => void,
    ) => void;
    auth: (options: Record<string, unknown>) => (request: unknown, response: unknown, next: (error: unknown) => void) => void;
  };
  export default samlp;
}
