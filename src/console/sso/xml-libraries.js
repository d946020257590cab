// In JavaScript, with what is used of it declared beside: the libraries' own types bring the browser's and Node's
// globals into every file of the Worker.
export { DOMParser } from '@xmldom/xmldom';
export { SignedXml } from 'xml-crypto';
