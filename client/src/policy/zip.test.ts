import { expect, it } from 'vitest';
import { crc32, FILES_MAX, folderAsZip, UNPACKED_BYTES_MAX, ZIP_BYTES_MAX, zipAsChosen } from './zip';

const file = (path: string, text = '') =>
  Object.defineProperty(new File([text], path.split('/').at(-1) ?? ''), 'webkitRelativePath', { value: path });

async function inflated(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(bytes).arrayBuffer());
}

/** Read a zip as its directory tells it. */
async function read(zip: DataView<ArrayBuffer>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const text = (at: number, length: number) => new TextDecoder().decode(new Uint8Array(zip.buffer, at, length));
  const end = zip.byteLength - 22;
  expect(zip.getUint32(end, true)).toBe(0x06054b50);
  let at = zip.getUint32(end + 16, true);
  for (let n = zip.getUint16(end + 10, true); n > 0; n -= 1) {
    expect(zip.getUint32(at, true)).toBe(0x02014b50);
    const [sum, packed, size] = [16, 20, 24].map((field) => zip.getUint32(at + field, true)) as [number, number, number];
    const named = zip.getUint16(at + 28, true);
    const local = zip.getUint32(at + 42, true);
    const name = text(at + 46, named);
    expect(text(local + 30, zip.getUint16(local + 26, true))).toBe(name);
    const data = await inflated(new Uint8Array(zip.buffer, local + 30 + named, packed));
    expect([data.length, crc32(data)]).toEqual([size, sum]);
    found[name] = new TextDecoder().decode(data);
    at += 46 + named;
  }
  expect(at).toBe(end);
  return found;
}

it('sums bytes as every zip does', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

async function unpacked(chosen: File[]): Promise<Record<string, string>> {
  const zip = await folderAsZip(chosen);
  return read(new DataView(await (zip as Blob).arrayBuffer()));
}

it('takes a folder without its name and without what is hidden', async () => {
  const chosen = ['mine/pack.yaml', 'mine/phrases/en.yaml', 'mine/.git/config', 'mine/phrases/.DS_Store', 'mine/.x.md'];
  expect(Object.keys(await unpacked(chosen.map((path) => file(path))))).toEqual(['pack.yaml', 'phrases/en.yaml']);
});

it('packs what can be unpacked again, empty files and other letters too', async () => {
  const texts = { 'pack.yaml': 'id: small\n'.repeat(500), 'phrases/en.yaml': '', 'catatan–é.md': 'ya' };
  expect(await unpacked(Object.entries(texts).map(([path, text]) => file(`mine/${path}`, text)))).toEqual(texts);
});

it('sees a wrong folder before it is read', async () => {
  const many = (n: number) => Array.from({ length: n }, (_, at) => file(`mine/${at}.md`));
  expect(await folderAsZip(many(FILES_MAX + 1))).toBe('many');
  expect(await folderAsZip(many(FILES_MAX))).toBeInstanceOf(Blob);
  const large = Object.defineProperty(file('mine/large.md'), 'size', { value: UNPACKED_BYTES_MAX + 1 });
  expect(await folderAsZip([large])).toBe('large');
});

it('sends a zip as it is, unless it is too large or gone', async () => {
  const bytes = (size: number) => new File([new Uint8Array(size)], 'pack.zip');
  expect(((await zipAsChosen(bytes(ZIP_BYTES_MAX))) as Blob).size).toBe(ZIP_BYTES_MAX);
  expect(await zipAsChosen(bytes(ZIP_BYTES_MAX + 1))).toBe('large');
  const gone = Object.assign(bytes(3), { arrayBuffer: () => Promise.reject(new Error('gone')) });
  expect(await zipAsChosen(gone)).toBe('unreadable');
});
