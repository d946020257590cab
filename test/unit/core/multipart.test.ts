import { describe, expect, it } from 'vitest';
import { readMultipart, textOf } from '../../../src/core/multipart';

const TYPE = 'multipart/form-data; boundary=XyZ';
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
const read = (body: string, type = TYPE) =>
  readMultipart(bytesOf(body), type)?.map((part) => [part.name, part.filename, part.contentType, textOf(part)]);
const one = (head: string, content = 'bytes') => read(`--XyZ\r\n${head}\r\n\r\n${content}\r\n--XyZ--\r\n`)?.[0];

describe('a form', () => {
  it('is what a browser makes of one', async () => {
    const form = new FormData();
    form.set('prompt', 'a cat\r\nand --a dog');
    form.set('image', new Blob([Uint8Array.of(13, 10, 45, 45, 0, 255)], { type: 'image/png' }), 'caf\u00e9 "a".png');
    const sent = new Response(form);
    const type = sent.headers.get('content-type')!;
    const parts = readMultipart(new Uint8Array(await sent.arrayBuffer()), type)!;
    expect(parts.map(({ name, filename }) => [name, filename?.replaceAll('%22', '"')])).toEqual([
      ['prompt', undefined],
      ['image', 'caf\u00e9 "a".png'],
    ]);
    expect(textOf(parts[0]!)).toBe('a cat\r\nand --a dog');
    expect([...parts[1]!.bytes]).toEqual([13, 10, 45, 45, 0, 255]);
  });

  it.each([
    ['quotes', 'Content-Disposition: form-data; name="image"; filename="a;b=c.png"\r\nContent-Type: image/png', 'a;b=c.png', 'image/png'],
    ['no quotes', 'Content-Disposition: form-data; name=image; filename=a.png', 'a.png', ''],
    [
      'no quotes, and both names',
      "content-disposition:form-data;name=image;filename=a.png;filename*=utf-8''caf%C3%A9.png",
      'caf\u00e9.png',
      '',
    ],
    ['the other name alone', 'Content-Disposition: form-data; name="image"; filename*=utf-8\'\'caf%C3%A9.png', 'caf\u00e9.png', ''],
    ['a name that nobody can read', 'Content-Disposition: form-data; name="image"; filename="a"; filename*=utf-8\'\'%ff', 'a', ''],
    ['quotes in quotes', 'Content-Disposition: form-data; name="image"; filename="a\\"b.png"', 'a"b.png', ''],
    ['a Windows path', 'Content-Disposition: form-data; name="image"; filename="C:\\dir\\b.png"', 'b.png', ''],
    ['folders', 'Content-Disposition: form-data; name="image"; filename="a/b/c.png"', 'c.png', ''],
    ['another order', 'Content-Type: image/png\r\nContent-Disposition: form-data; filename="a.png"; name="image"', 'a.png', 'image/png'],
    ['a type and no name', 'Content-Disposition: form-data; name="image"\r\nContent-Type: image/png', 'file', 'image/png'],
    [
      'an empty name',
      'Content-Disposition: form-data; name="image"; filename=""\r\nContent-Type: application/octet-stream',
      'file',
      'application/octet-stream',
    ],
  ])('may have a file with %s', (_what, head, filename, type) => {
    expect(one(head)).toEqual(['image', filename, type, 'bytes']);
  });

  it('has a text where there is no file', () => {
    expect(one('Content-Disposition: form-data; name=model\r\nContent-Type: text/plain; charset=utf-8', 'a')).toEqual([
      'model',
      undefined,
      'text/plain; charset=utf-8',
      'a',
    ]);
    expect(one('Content-Disposition: form-data; name="mask"; filename=""\r\nContent-Type: application/octet-stream', '')).toEqual([
      'mask',
      undefined,
      'application/octet-stream',
      '',
    ]);
  });

  it('may have quotes around its boundary, spaces behind it, and something before and after', () => {
    const part = 'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n';
    const parts = [['a', undefined, '', '1']];
    expect(read(`--XyZ\r\n${part}--XyZ--`, 'Multipart/Form-Data; charset=utf-8; Boundary="XyZ"')).toEqual(parts);
    expect(read(`before\r\n--XyZ \t\r\n${part}--XyZ--\r\nafter`)).toEqual(parts);
    expect(read(`--XyZ\n${part.replaceAll('\r', '')}--XyZ--\n`)).toEqual(parts);
    expect(read('--XyZ--\r\n')).toEqual([]);
  });

  it('may have what looks like its boundary', () => {
    const content = 'x--XyZ\r\n--XyZa\r\n--XyZ-\r\n--Xy';
    expect(one('Content-Disposition: form-data; name="a"', content)).toEqual(['a', undefined, '', content]);
  });

  it.each([
    ['without an end', '--XyZ\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'],
    ['without its boundary', '--Other\r\n\r\n\r\n--Other--\r\n'],
    ['without anything', ''],
    ['with a part without a name', '--XyZ\r\nContent-Type: image/png\r\n\r\n1\r\n--XyZ--\r\n'],
    ['with a part without a content', '--XyZ\r\nContent-Disposition: form-data; name="a"\r\n--XyZ--\r\n'],
    ['of more parts than any has', `${'--XyZ\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(1_001)}--XyZ--`],
  ])('is none %s', (_what, body) => {
    expect(read(body)).toBeUndefined();
  });

  it('is none without a boundary', () => {
    expect(read('--XyZ--\r\n', 'multipart/form-data')).toBeUndefined();
  });
});
