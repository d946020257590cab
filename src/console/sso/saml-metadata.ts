/** SAML 2.0 metadata: reads the identity provider's, writes ours. */
import { fail, ok, type Result } from '../../core/errors';
import type { AccountSettings } from '../../env-account';
import type { SamlSettings } from './provider';
import { attributeOf, childrenOf, parseXml, type SamlElement } from './xml';

const MD = 'urn:oasis:names:tc:SAML:2.0:metadata';
const DS = 'http://www.w3.org/2000/09/xmldsig#';
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';

/** A current one, the next one and some spare; keys of 16,384 bits fit. */
const MOST_CERTIFICATES = 10;
const CERTIFICATE = /^[A-Za-z0-9+/=\s]{100,12000}$/;
/** https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf, 8.3.6 */
const LONGEST_ENTITY_ID_CHARS = 1_024;
const LONGEST_URL_CHARS = 2_000;

const pem = (base64: string): string => {
  const lines = base64.replace(/\s+/g, '').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};

function certificatesOf(descriptor: SamlElement): string[] {
  const keys = childrenOf(descriptor, MD, 'KeyDescriptor').filter((key) => attributeOf(key, 'use') !== 'encryption');
  const data = keys.flatMap((key) => childrenOf(key, DS, 'KeyInfo')).flatMap((info) => childrenOf(info, DS, 'X509Data'));
  const texts = data.flatMap((item) => childrenOf(item, DS, 'X509Certificate')).map((item) => item.textContent ?? '');
  return texts
    .filter((text) => CERTIFICATE.test(text))
    .slice(0, MOST_CERTIFICATES)
    .map(pem);
}

/** People are sent there, so it must use TLS, except on this machine in a local run. */
const isAddress = (url: string | undefined, { LOCAL }: Pick<AccountSettings, 'LOCAL'>): url is string =>
  url !== undefined && URL.canParse(url) && (new URL(url).protocol === 'https:' || (LOCAL === '1' && new URL(url).protocol === 'http:'));

export function readMetadata(xml: string, settings: Pick<AccountSettings, 'LOCAL'>): Result<SamlSettings> {
  const wrong = (message: string) => fail('invalid_request', message, { param: 'metadata' });
  const parsed = parseXml(xml);
  if (!parsed.ok) return wrong(`The metadata is not usable XML: ${parsed.error.message}`);
  const root = parsed.value;
  if (root.namespaceURI !== MD || root.localName !== 'EntityDescriptor') return wrong('The metadata must be one EntityDescriptor.');
  const entityId = attributeOf(root, 'entityID');
  const [descriptor] = childrenOf(root, MD, 'IDPSSODescriptor');
  if (!entityId || !descriptor) return wrong('The metadata is of no identity provider: it has no IDPSSODescriptor with an entityID.');
  const service = childrenOf(descriptor, MD, 'SingleSignOnService').find((item) => attributeOf(item, 'Binding') === REDIRECT);
  const signInUrl = service && attributeOf(service, 'Location');
  if (signInUrl === undefined) return wrong('The metadata has no SingleSignOnService with the redirect binding.');
  if (entityId.length > LONGEST_ENTITY_ID_CHARS || signInUrl.length > LONGEST_URL_CHARS)
    return wrong('The entityID of the metadata, or its SingleSignOnService, is too long.');
  if (!isAddress(signInUrl, settings)) return wrong('The SingleSignOnService of the metadata must be an https URL.');
  const certificates = certificatesOf(descriptor);
  if (certificates.length === 0) return wrong('The metadata has no certificate that signs.');
  return ok({ entityId, signInUrl, certificates });
}

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The service provider's metadata for the organization's identity provider. */
export const serviceMetadata = (entityId: string, acsUrl: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${MD}" entityID="${escapeXml(entityId)}">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escapeXml(acsUrl)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;

export interface AuthnRequest {
  id: string;
  entityId: string;
  acsUrl: string;
  signInUrl: string;
  nowMs: number;
}

/** The URL of an AuthnRequest by the redirect binding (saml-bindings-2.0-os, 3.4.4.1). */
export async function signInUrl(
  { id, entityId, acsUrl, signInUrl: destination, nowMs }: AuthnRequest,
  relayState: string,
): Promise<string> {
  const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0" IssueInstant="${new Date(nowMs).toISOString()}" Destination="${escapeXml(destination)}" ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" AssertionConsumerServiceURL="${escapeXml(acsUrl)}"><saml:Issuer>${escapeXml(entityId)}</saml:Issuer></samlp:AuthnRequest>`;
  const deflated = new Response(xml).body!.pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  const url = new URL(destination);
  url.searchParams.set('SAMLRequest', btoa(String.fromCharCode(...bytes)));
  url.searchParams.set('RelayState', relayState);
  return url.href;
}
