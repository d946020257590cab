/**
 * Reads a SAML response and believes only what is signed. The document's single assertion must carry a signature of its
 * own by a key from the provider's metadata. What is believed is parsed anew from the bytes that the signature covers,
 * so content wrapped around them or placed beside them is never read.
 */
import * as z from 'zod';
import { fail, ok, type Result } from '../../core/errors';
import type { Vouched } from './oidc';
import { attributeOf, childrenOf, parseXml, type SamlElement, withDescendants } from './xml';
import { SignedXml } from './xml-libraries';

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const SAMLP = 'urn:oasis:names:tc:SAML:2.0:protocol';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** How much clocks may differ. */
const SKEW_MS = 60_000;

export interface SamlExpectation {
  /** The provider's entity id. */
  entityId: string;
  keys: readonly string[];
  /** Our entity id. */
  audience: string;
  acsUrl: string;
  /** The request that this answers. */
  requestId: string;
  nowMs: number;
}

export interface SamlVouched extends Vouched {
  assertionId: string;
  /** After this the assertion is refused as too old, so its use need not be remembered any longer. */
  expiresAtMs: number;
}

const refused = (why: string) => fail('permission_denied', `The identity provider's answer was refused: ${why}`);

export function readResponse(xml: string, expected: SamlExpectation): Result<SamlVouched> {
  if (xml.includes('<!--')) return refused('it has comments.');
  const parsed = parseXml(xml);
  if (!parsed.ok) return refused(parsed.error.message);
  const response = parsed.value;
  if (response.localName !== 'Response' || response.namespaceURI !== SAMLP) return refused('it is no SAML response.');
  const head = refuseHead(response, expected);
  if (!head.ok) return head;
  const assertion = theAssertion(response);
  if (!assertion.ok) return assertion;
  const signed = signedAssertion(xml, assertion.value, expected.keys);
  return signed.ok ? readAssertion(signed.value, expected) : signed;
}

/** None of this is signed; it is checked first for clear errors. */
function refuseHead(response: SamlElement, { acsUrl, requestId }: SamlExpectation): Result<null> {
  const [status] = childrenOf(response, SAMLP, 'Status');
  const [code] = status ? childrenOf(status, SAMLP, 'StatusCode') : [];
  if (!code || attributeOf(code, 'Value') !== SUCCESS) return refused('the sign-in there did not succeed.');
  const destination = attributeOf(response, 'Destination');
  if (destination !== undefined && destination !== acsUrl) return refused('it is addressed to somebody else.');
  const inResponseTo = attributeOf(response, 'InResponseTo');
  if (inResponseTo !== undefined && inResponseTo !== requestId) return refused('it answers another request.');
  return ok(null);
}

/** The only assertion in the document, where it belongs. Ids must be unique. */
function theAssertion(response: SamlElement): Result<SamlElement> {
  const all = withDescendants(response);
  if (all.some(({ localName }) => localName === 'EncryptedAssertion')) return refused('encrypted assertions are not supported.');
  const assertions = all.filter(({ localName }) => localName === 'Assertion');
  const [assertion] = childrenOf(response, SAML, 'Assertion');
  if (assertions.length !== 1 || assertion === undefined || assertion !== assertions[0])
    return refused('it must have exactly one assertion.');
  const ids = all.flatMap((element) =>
    Array.from(element.attributes)
      .filter(({ localName }) => /^id$/i.test(localName))
      .map(({ value }) => value),
  );
  return new Set(ids).size === ids.length ? ok(assertion) : refused('two of its elements have the same ID.');
}

const RSA = 'http://www.w3.org/2001/04/xmldsig-more#';
const STRONG = {
  signatures: [`${RSA}rsa-sha256`, `${RSA}rsa-sha512`],
  hashes: ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'],
};

const only = <T>(algorithms: Record<string, T>, allowed: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(algorithms).filter(([name]) => allowed.includes(name)));

/** The assertion that its signature covers, verified with a key that was configured, never with one from the document. */
function signedAssertion(xml: string, assertion: SamlElement, keys: readonly string[]): Result<SamlElement> {
  const id = attributeOf(assertion, 'ID');
  const signatures = childrenOf(assertion, DS, 'Signature');
  if (!id || signatures.length !== 1) return refused('its assertion is not signed; a signature of the response alone is not enough.');
  for (const key of keys) {
    const covered = coveredBy(xml, signatures[0]!, key, id);
    if (covered === undefined) continue;
    const parsed = parseXml(covered);
    if (!parsed.ok) continue;
    const root = parsed.value;
    if (root.localName === 'Assertion' && root.namespaceURI === SAML && attributeOf(root, 'ID') === id) return ok(root);
  }
  return refused("its signature is not valid, or not by a key of the provider's metadata.");
}

/** The canonical text that a signature covers, if the signature is valid and covers this one element. */
function coveredBy(xml: string, signature: SamlElement, key: string, id: string): string | undefined {
  const verifier = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  verifier.idAttributes = ['ID'];
  verifier.SignatureAlgorithms = only(verifier.SignatureAlgorithms, STRONG.signatures);
  verifier.HashAlgorithms = only(verifier.HashAlgorithms, STRONG.hashes);
  try {
    verifier.loadSignature(signature);
    if (!verifier.checkSignature(xml)) return undefined;
    const covered = verifier.getSignedReferences();
    const [reference] = verifier.getReferences();
    return covered.length === 1 && reference?.uri === `#${id}` ? covered[0] : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (element: SamlElement | undefined): string => (element?.textContent ?? '').trim();

/** A missing time counts as passed. */
const isPast = (text: string | undefined, nowMs: number): boolean => !text || !(Date.parse(text) + SKEW_MS > nowMs);
const isFuture = (text: string | undefined, nowMs: number): boolean => text !== undefined && !(Date.parse(text) - SKEW_MS <= nowMs);

function readAssertion(assertion: SamlElement, expected: SamlExpectation): Result<SamlVouched> {
  const [issuer] = childrenOf(assertion, SAML, 'Issuer');
  if (textOf(issuer) !== expected.entityId) return refused('it is by another issuer.');
  const [conditions] = childrenOf(assertion, SAML, 'Conditions');
  if (!conditions) return refused('it has no conditions.');
  const notOnOrAfter = attributeOf(conditions, 'NotOnOrAfter');
  if (isPast(notOnOrAfter, expected.nowMs)) return refused('it has expired.');
  if (isFuture(attributeOf(conditions, 'NotBefore'), expected.nowMs)) return refused('it is not good yet.');
  const restrictions = childrenOf(conditions, SAML, 'AudienceRestriction');
  const isForUs = (restriction: SamlElement): boolean =>
    childrenOf(restriction, SAML, 'Audience').some((item) => textOf(item) === expected.audience);
  if (restrictions.length === 0 || !restrictions.every(isForUs)) return refused('it is for another audience.');
  const [subject] = childrenOf(assertion, SAML, 'Subject');
  if (!subject) return refused('it is about nobody.');
  const confirmations = childrenOf(subject, SAML, 'SubjectConfirmation');
  const confirmed = confirmations.find((confirmation) => isConfirmed(confirmation, expected));
  if (!confirmed) return refused('its subject is not confirmed for this address, this request and this time.');
  return readPerson(assertion, subject, Date.parse(notOnOrAfter!) + SKEW_MS);
}

/** saml-profiles-2.0-os, 4.1.4.3. */
function isConfirmed(confirmation: SamlElement, { acsUrl, requestId, nowMs }: SamlExpectation): boolean {
  const [data] = childrenOf(confirmation, SAML, 'SubjectConfirmationData');
  if (attributeOf(confirmation, 'Method') !== BEARER || !data) return false;
  return (
    attributeOf(data, 'Recipient') === acsUrl &&
    attributeOf(data, 'InResponseTo') === requestId &&
    !isPast(attributeOf(data, 'NotOnOrAfter'), nowMs) &&
    !isFuture(attributeOf(data, 'NotBefore'), nowMs)
  );
}

const EMAIL_ATTRIBUTES = [
  'email',
  'mail',
  'emailaddress',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
];
const NAME_ATTRIBUTES = [
  'name',
  'displayname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name',
  'urn:oid:2.16.840.1.113730.3.1.241',
];

function attributeValue(assertion: SamlElement, names: readonly string[]): string | undefined {
  const attributes = childrenOf(assertion, SAML, 'AttributeStatement').flatMap((item) => childrenOf(item, SAML, 'Attribute'));
  const found = attributes.find((attribute) => names.includes((attributeOf(attribute, 'Name') ?? '').toLowerCase()));
  const [value] = found ? childrenOf(found, SAML, 'AttributeValue') : [];
  return value && textOf(value);
}

function readPerson(assertion: SamlElement, subject: SamlElement, expiresAtMs: number): Result<SamlVouched> {
  const nameId = textOf(childrenOf(subject, SAML, 'NameID')[0]);
  const email = attributeValue(assertion, EMAIL_ATTRIBUTES) ?? nameId;
  if (nameId === '' || !z.email().safeParse(email).success) return refused('it gives no e-mail address.');
  return ok({
    subject: nameId,
    email: email.toLowerCase(),
    name: attributeValue(assertion, NAME_ATTRIBUTES) ?? null,
    assertionId: attributeOf(assertion, 'ID')!,
    expiresAtMs,
  });
}
