/** XML as far as SAML needs it, read by a strict parser: no document types, no error recovery. */
import { fail, ok, type Result } from '../../core/errors';
import { DOMParser } from './xml-libraries';

/** The part of the parser's DOM that is used; the platform has no DOM types. */
export interface SamlElement {
  nodeType: number;
  localName: string;
  namespaceURI: string | null;
  textContent: string | null;
  childNodes: ArrayLike<SamlElement>;
  attributes: ArrayLike<{ name: string; localName: string; namespaceURI: string | null; value: string }>;
  ownerDocument: { documentElement: SamlElement };
}

const ELEMENT = 1;
const LONGEST_CHARS = 256_000;

export function parseXml(xml: string): Result<SamlElement> {
  if (xml.length > LONGEST_CHARS) return fail('invalid_request', 'it is too long.');
  // A document type could define entities.
  if (/<!DOCTYPE|<!ENTITY/i.test(xml)) return fail('invalid_request', 'it has a document type.');
  const problems: string[] = [];
  const note = (message: string): void => void problems.push(message);
  try {
    const parser = new DOMParser({ errorHandler: { warning: note, error: note, fatalError: note } });
    const document = parser.parseFromString(xml, 'text/xml');
    if (problems.length === 0 && document?.documentElement) return ok(document.documentElement);
  } catch {}
  return fail('invalid_request', 'it is not well-formed.');
}

const elementsOf = (parent: SamlElement): SamlElement[] => Array.from(parent.childNodes).filter((node) => node.nodeType === ELEMENT);

export const childrenOf = (parent: SamlElement, namespace: string, name: string): SamlElement[] =>
  elementsOf(parent).filter((child) => child.localName === name && child.namespaceURI === namespace);

export const attributeOf = (element: SamlElement, name: string): string | undefined =>
  Array.from(element.attributes).find((attribute) => attribute.name === name)?.value;

/** An element and everything within it. */
export const withDescendants = (element: SamlElement): SamlElement[] => [element, ...elementsOf(element).flatMap(withDescendants)];
