/** A colored cube as GLB, by https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html */
import { ascii, concat, littleEndian } from './bytes';

const VERSION = 2;
const FLOAT = 5126;
const UNSIGNED_SHORT = 5123;
const ARRAY_BUFFER = 34962;
const ELEMENT_ARRAY_BUFFER = 34963;
const CORNERS = [-1, 1].flatMap((z) => [-1, 1].flatMap((y) => [-1, 1].map((x) => [x, y, z])));
const FACES = [0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4, 2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5];

function padded(bytes: Uint8Array, filler: number): Uint8Array {
  const rest = (4 - (bytes.byteLength % 4)) % 4;
  return concat([bytes, new Uint8Array(rest).fill(filler)]);
}

const chunk = (type: string, data: Uint8Array): Uint8Array => concat([littleEndian(data.byteLength, 4), ascii(type), data]);

export function makeGlb(seed: number): Uint8Array<ArrayBuffer> {
  const positions = new Uint8Array(new Float32Array(CORNERS.flat()).buffer);
  const indices = new Uint8Array(new Uint16Array(FACES).buffer);
  const color = [0, 8, 16].map((shift) => ((seed >>> shift) & 0xff) / 255);
  const scene = {
    asset: { version: '2.0', generator: 'sandbox' },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, indices: 1, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { baseColorFactor: [...color, 1], metallicFactor: 0 }, doubleSided: true }],
    accessors: [
      { bufferView: 0, componentType: FLOAT, count: CORNERS.length, type: 'VEC3', min: [-1, -1, -1], max: [1, 1, 1] },
      { bufferView: 1, componentType: UNSIGNED_SHORT, count: FACES.length, type: 'SCALAR' },
    ],
    bufferViews: [
      { buffer: 0, byteOffset: 0, byteLength: positions.byteLength, target: ARRAY_BUFFER },
      { buffer: 0, byteOffset: positions.byteLength, byteLength: indices.byteLength, target: ELEMENT_ARRAY_BUFFER },
    ],
    buffers: [{ byteLength: positions.byteLength + indices.byteLength }],
  };
  const json = chunk('JSON', padded(ascii(JSON.stringify(scene)), 0x20));
  const binary = chunk('BIN\0', padded(concat([positions, indices]), 0));
  return concat([ascii('glTF'), littleEndian(VERSION, 4), littleEndian(12 + json.byteLength + binary.byteLength, 4), json, binary]);
}
