import type { SamlElement } from './xml';

type Note = (message: string) => void;

export class DOMParser {
  constructor(options: { errorHandler: { warning: Note; error: Note; fatalError: Note } });
  parseFromString(xml: string, type: 'text/xml'): { documentElement: SamlElement | null } | undefined;
}

/** Algorithms by their URIs. */
type Algorithms = Record<string, new () => unknown>;

export class SignedXml {
  constructor(options?: {
    publicCert?: string;
    privateKey?: string;
    getCertFromKeyInfo?: () => null;
    signatureAlgorithm?: string;
    canonicalizationAlgorithm?: string;
  });
  idAttributes: string[];
  SignatureAlgorithms: Algorithms;
  HashAlgorithms: Algorithms;
  loadSignature(node: SamlElement): void;
  checkSignature(xml: string): boolean;
  getSignedReferences(): string[];
  getReferences(): { uri?: string }[];
  addReference(reference: { xpath: string; transforms: string[]; digestAlgorithm: string }): void;
  computeSignature(xml: string, options: { location: { reference: string; action: 'after' } }): void;
  getSignedXml(): string;
}
