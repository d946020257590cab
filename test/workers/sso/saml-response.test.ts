// SAML responses: a valid one, and every way in which one can be invalid, each signed or broken by hand.
import { beforeAll, describe, expect, it } from 'vitest';
import { readResponse, type SamlExpectation } from '../../../src/console/sso/saml-response';
import { SignedXml } from '../../../src/console/sso/xml-libraries';

const NOW_MS = Date.UTC(2031, 0, 14, 12);
const ACS = 'https://gateway.test/api/auth/sso/sso_1';
const AUDIENCE = `${ACS}/metadata`;
const IDP = 'https://idp.acme.com/saml';
const REQUEST = '_request-1';

interface Keys {
  privatePem: string;
  publicPem: string;
}

const pem = (label: string, bytes: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END ${label}-----\n`;

async function newKeys(): Promise<Keys> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  return {
    privatePem: pem('PRIVATE KEY', (await crypto.subtle.exportKey('pkcs8', privateKey)) as ArrayBuffer),
    publicPem: pem('PUBLIC KEY', (await crypto.subtle.exportKey('spki', publicKey)) as ArrayBuffer),
  };
}

let idp: Keys;
let stranger: Keys;
beforeAll(async () => {
  [idp, stranger] = [await newKeys(), await newKeys()];
});

const at = (offsetMs: number): string => new Date(NOW_MS + offsetMs).toISOString();
const MINUTE_MS = 60_000;

const DEFAULTS = {
  id: '_assertion-1',
  issuer: IDP,
  email: 'ada@acme.com',
  audience: AUDIENCE,
  recipient: ACS,
  inResponseTo: REQUEST,
  notBefore: at(-MINUTE_MS),
  notOnOrAfter: at(5 * MINUTE_MS),
  confirmedUntil: at(5 * MINUTE_MS),
};
type Said = typeof DEFAULTS;

const assertion = (said: Partial<Said> = {}): string => {
  const { id, issuer, email, audience, recipient, inResponseTo, notBefore, notOnOrAfter, confirmedUntil } = { ...DEFAULTS, ...said };
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${at(0)}">` +
    `<saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID>${email}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${confirmedUntil}" Recipient="${recipient}" InResponseTo="${inResponseTo}"/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${notBefore}" NotOnOrAfter="${notOnOrAfter}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
    `<saml:AttributeStatement><saml:Attribute Name="name"><saml:AttributeValue>Ada</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>`
  );
};

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status:';
const response = (inner: string, status = 'Success'): string =>
  `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response-1" Version="2.0" IssueInstant="${at(0)}" Destination="${ACS}" InResponseTo="${REQUEST}">` +
  `<samlp:Status><samlp:StatusCode Value="${STATUS}${status}"/></samlp:Status>${inner}</samlp:Response>`;

interface Signing {
  keys?: Keys;
  signatureAlgorithm?: string;
  digestAlgorithm?: string;
  xpath?: string;
}

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';

function sign(
  xml: string,
  {
    keys = idp,
    signatureAlgorithm = `${MORE}rsa-sha256`,
    digestAlgorithm = 'http://www.w3.org/2001/04/xmlenc#sha256',
    xpath = "//*[local-name(.)='Assertion']",
  }: Signing = {},
): string {
  const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const signer = new SignedXml({ privateKey: keys.privatePem, signatureAlgorithm, canonicalizationAlgorithm: exclusive });
  signer.addReference({ xpath, transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive], digestAlgorithm });
  signer.computeSignature(xml, {
    location: { reference: `${xpath}/*[local-name(.)='Issuer'] | ${xpath}/*[local-name(.)='Status']`, action: 'after' },
  });
  return signer.getSignedXml();
}

const signed = (said: Partial<Said> = {}, signing: Signing = {}): string => sign(response(assertion(said)), signing);

const read = (xml: string, expected: Partial<SamlExpectation> = {}) =>
  readResponse(xml, {
    entityId: IDP,
    keys: [idp.publicPem],
    audience: AUDIENCE,
    acsUrl: ACS,
    requestId: REQUEST,
    nowMs: NOW_MS,
    ...expected,
  });

const why = (xml: string, expected: Partial<SamlExpectation> = {}): string => {
  const result = read(xml, expected);
  return result.ok ? `accepted: ${result.value.email}` : result.error.message;
};

/** The assertion alone, cut out of a signed response. */
const cut = (xml: string): string => /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)![0];

describe('an answer', () => {
  it('vouches for a person when all is as it must be', () => {
    const result = read(signed());
    expect(result).toMatchObject({
      ok: true,
      value: { subject: 'ada@acme.com', email: 'ada@acme.com', name: 'Ada', assertionId: '_assertion-1' },
    });
  });

  it('is taken by any key of the metadata', () => {
    expect(read(signed(), { keys: [stranger.publicPem, idp.publicPem] }).ok).toBe(true);
  });

  it.each<[string, Partial<Said>, RegExp]>([
    ['by another issuer', { issuer: 'https://evil.example' }, /another issuer/],
    ['for another audience', { audience: 'https://other.example' }, /another audience/],
    ['for another recipient', { recipient: 'https://other.example/acs' }, /not confirmed/],
    ['to another request', { inResponseTo: '_request-2' }, /not confirmed/],
    ['to no request', { inResponseTo: '' }, /not confirmed/],
    ['that has expired', { notOnOrAfter: at(-2 * MINUTE_MS) }, /expired/],
    ['whose confirmation has expired', { confirmedUntil: at(-2 * MINUTE_MS) }, /not confirmed/],
    ['that is not good yet', { notBefore: at(2 * MINUTE_MS) }, /not good yet/],
    ['with a time that is none', { notOnOrAfter: 'soon' }, /expired/],
    ['without an address', { email: 'ada' }, /no e-mail/],
  ])('%s is refused, however well it is signed', (_name, said, words) => {
    expect(why(signed(said))).toMatch(words);
  });

  it('allows clocks a minute', () => {
    expect(read(signed({ notOnOrAfter: at(-MINUTE_MS / 2), confirmedUntil: at(-MINUTE_MS / 2) })).ok).toBe(true);
    expect(read(signed({ notBefore: at(MINUTE_MS / 2) })).ok).toBe(true);
  });

  it('that says no is refused', () => {
    expect(why(sign(response(assertion(), 'Requester')))).toMatch(/did not succeed/);
  });
});

describe('a signature', () => {
  it.each<[string, () => string]>([
    ['that is missing', () => response(assertion())],
    ['by another key', () => signed({}, { keys: stranger })],
    ['over what was changed since', () => signed().replace('ada@acme.com', 'eve@acme.com')],
    ['by SHA-1', () => signed({}, { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' })],
    ['over a SHA-1 digest', () => signed({}, { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' })],
    ['of the response alone', () => sign(response(assertion()), { xpath: "//*[local-name(.)='Response']" })],
    ['taken out', () => signed().replace(/<Signature[\s\S]*<\/Signature>/, '')],
    ['emptied', () => signed().replace(/<SignatureValue>[^<]*</, '<SignatureValue><')],
  ])('%s is refused', (_name, make) => {
    expect(why(make())).toMatch(/not signed|signature is not valid/);
  });

  it('by HMAC with the public key as its secret is refused', () => {
    expect(why(signed().replace(`${MORE}rsa-sha256`, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'))).toMatch(/signature is not valid/);
  });
});

describe('wrapping', () => {
  const evil = (): string => assertion({ id: '_evil', email: 'eve@acme.com' });

  it.each<[string, () => string]>([
    ['an assertion before the signed one', () => response(evil() + cut(signed()))],
    ['an assertion after the signed one', () => response(cut(signed()) + evil())],
    ['the signed one within an extension', () => response(`<samlp:Extensions>${cut(signed())}</samlp:Extensions>${evil()}`)],
    ['the signed one within the evil one', () => response(evil().replace('</saml:Assertion>', `${cut(signed())}</saml:Assertion>`))],
    [
      'the signed one as an object of the signature of the evil one',
      () => {
        const good = cut(signed());
        const signature = /<Signature[\s\S]*<\/Signature>/.exec(good)![0];
        const bare = good.replace(signature, '');
        const holder = signature.replace('</Signature>', `<Object>${bare}</Object></Signature>`);
        return response(evil().replace('</saml:Issuer>', `</saml:Issuer>${holder}`));
      },
    ],
    ['an evil one under the ID of the signed one', () => response(`${assertion({ email: 'eve@acme.com' })}<x>${cut(signed())}</x>`)],
    ['an assertion of another namespace', () => response(cut(signed()) + evil().replaceAll('SAML:2.0:assertion', 'SAML:1.0:assertion'))],
    [
      'an encrypted assertion beside it',
      () => response(`${cut(signed())}<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>`),
    ],
    ['two elements with one ID', () => response(`<samlp:Extensions><x ID="_assertion-1"/></samlp:Extensions>${cut(signed())}`)],
    [
      'the signature of one on another',
      () => {
        const signature = /<Signature[\s\S]*<\/Signature>/.exec(signed())![0];
        return response(evil().replace('</saml:Issuer>', `</saml:Issuer>${signature}`));
      },
    ],
  ])('is refused: %s', (_name, make) => {
    expect(why(make())).toMatch(/refused/);
  });

  it('by comments, entities or broken XML is refused', () => {
    const good = signed({ email: 'ada@acme.com.evil.example' });
    expect(why(good.replace('acme.com.evil', 'acme.com<!---->.evil'))).toMatch(/comments/);
    expect(why(`<!DOCTYPE r [<!ENTITY e "x">]>${signed()}`)).toMatch(/document type/);
    for (const broken of ['', 'nothing', '<a>', signed().slice(0, -20), `${signed()}<b/>`]) expect(why(broken)).toMatch(/refused/);
  });
});
