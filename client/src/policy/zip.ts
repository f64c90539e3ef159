/** A folder of a policy as one zip, made here: the house takes a policy as one piece. */

export const FILES_MAX = 64;
export const ZIP_BYTES_MAX = 2 * 2 ** 20;
export const UNPACKED_BYTES_MAX = 16 * 2 ** 20;

/** A file and its path inside the folder. */
interface PackFile {
  path: string;
  file: Blob;
}

/** A folder as a browser gives it, without the folder's own name and without hidden files. */
function filesOf(chosen: Iterable<File>): PackFile[] {
  return [...chosen]
    .map((file) => ({ file, path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name }))
    .filter(({ path }) => !path.split('/').some((part) => part.startsWith('.')));
}

const FLAG_UTF8 = 0x0800;
const DEFLATED = 8;
const VERSION = 20; // of the format: 2.0, which knows folders and deflate
const FIRST_DAY = 0x0021; // 1 January 1980: when it was packed is nobody's business

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let rest = n;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = (CRC_TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** Numbers of a header, each with how many bytes it takes, little end first. */
function header(...fields: [value: number, bytes: 2 | 4][]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [, bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [value, bytes] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

async function deflated(file: Blob): Promise<Blob> {
  return new Response(file.stream().pipeThrough(new CompressionStream('deflate-raw'))).blob();
}

/** Pack files into a zip. */
async function zipOf(files: readonly PackFile[]): Promise<Blob> {
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let at = 0;
  let directoryBytes = 0;
  for (const { path, file } of files) {
    const name = new TextEncoder().encode(path);
    const [whole, packed] = await Promise.all([file.arrayBuffer(), deflated(file)]);
    const about: [number, 2 | 4][] = [
      [VERSION, 2], [FLAG_UTF8, 2], [DEFLATED, 2], [0, 2], [FIRST_DAY, 2],
      [crc32(new Uint8Array(whole)), 4], [packed.size, 4], [file.size, 4], [name.length, 2], [0, 2],
    ];
    const local = header([0x04034b50, 4], ...about);
    const entry = header([0x02014b50, 4], [VERSION, 2], ...about, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]);
    parts.push(local, name, packed);
    directory.push(entry, name);
    at += local.length + name.length + packed.size;
    directoryBytes += entry.length + name.length;
  }
  const n = files.length;
  const end = header([0x06054b50, 4], [0, 2], [0, 2], [n, 2], [n, 2], [directoryBytes, 4], [at, 4], [0, 2]);
  return new Blob([...parts, ...directory, end], { type: 'application/zip' });
}

/** Why what was chosen is not sent. */
export type Refusal = 'many' | 'large' | 'unreadable';

/** A chosen folder as a zip. A wrong folder may be very large: it is refused before it is read. */
export async function folderAsZip(chosen: Iterable<File>): Promise<Blob | Refusal> {
  const files = filesOf(chosen);
  if (files.length > FILES_MAX) return 'many';
  if (files.reduce((sum, { file }) => sum + file.size, 0) > UNPACKED_BYTES_MAX) return 'large';
  return small(() => zipOf(files));
}

/** A chosen zip, read now: a file that changes while it is sent looks like a house that is gone. */
export async function zipAsChosen(file: File): Promise<Blob | Refusal> {
  if (file.size > ZIP_BYTES_MAX) return 'large';
  return small(async () => new Blob([await file.arrayBuffer()], { type: 'application/zip' }));
}

async function small(read: () => Promise<Blob>): Promise<Blob | Refusal> {
  try {
    const zip = await read();
    return zip.size > ZIP_BYTES_MAX ? 'large' : zip;
  } catch {
    return 'unreadable';
  }
}
