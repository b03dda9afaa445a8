/** What a file is, by its first bytes: one of the two formats, or in words what it is instead. */
// oxlint-disable no-control-regex -- files are bytes
import { quote } from './error.ts'

/** How the format of before PyTorch 1.6 begins: the magic number 0x1950a86a20f9469cfc6c, pickled, by some protocols in a frame. */
const LEGACY_MAGIC = /^\x80[\x02-\x05](\x95[^]{8})?\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19/
/** Bytes that are looked at. */
const HEAD = 1024

/** The first bytes as text, a character each. */
const headOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, HEAD))

/** Whether it begins as a zip archive. */
export const isZip = (bytes: Uint8Array): boolean => headOf(bytes).startsWith('PK')
/** Whether it is a file of PyTorch before 1.6. */
export const isLegacy = (bytes: Uint8Array): boolean => LEGACY_MAGIC.test(headOf(bytes))

/** What begins as a file of a format, damaged or not; null where it is neither. */
export function formatOf(bytes: Uint8Array): 'pt' | 'safetensors' | null {
  if (isZip(bytes) || isLegacy(bytes)) return 'pt'
  // Eight bytes of length, the highest of which are 0 in any header that fits, then JSON.
  return /^[^]{4}\0{4}\{/.test(headOf(bytes)) ? 'safetensors' : null
}

type Row = readonly [begins: RegExp, what: (found: RegExpExecArray) => string]

const compressed = (program: string, how: string): string => `this is compressed with ${program}; ${how} it first`
const other = (what: string): string => `this is ${what}, which is not read`

/** The first row that fits is the answer. Sources of the numbers: the formats' own specifications, and file(1). */
const rows: readonly Row[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n[^]*size (\d+)/,
    ([, size]) => `this is a pointer of Git LFS to a file of ${size} bytes, not the file; fetch that: git lfs pull`,
  ],
  [
    /^version https:\/\/git-lfs\.github\.com/,
    () => 'this is a pointer of Git LFS, not the file; fetch that: git lfs pull',
  ],
  [
    /^(\/|(\.\.\/)*\.git\/)annex\/objects\//,
    () => 'this is a pointer of git-annex, not the file; fetch that: git annex get',
  ],
  [/^outs:\n- (md5|etag|hash):/, () => 'this is a pointer of DVC, not the file; fetch that: dvc pull'],
  [
    /^\s*(<!--[^]*?-->\s*)*<(!doctype html|html|head|body)[^]*?<title>([^<]*)/i,
    ([, , , title]) => `${page} (its title is ${quote(title!.trim())})`,
  ],
  [/^\s*(<!--[^]*?-->\s*)*<(!doctype html|html|head|body)/i, () => page],
  [
    /^\s*<(\?xml|Error>)/,
    ({ input }) => `this is XML, which stores of files answer with instead of one: ${quote(input)}`,
  ],
  [
    /^\s*\{[^]*"weight_map"/,
    () => 'this is the index of a checkpoint in several files; load the files that it names, and merge their tensors',
  ],
  [/^\s*[{[]/, ({ input }) => `this is JSON: ${quote(input)}`],
  [/^\x1f\x8b/, () => compressed('gzip', "decompress (new DecompressionStream('gzip'))")],
  [/^\x28\xb5\x2f\xfd/, () => compressed('zstd', 'decompress')],
  [/^\xfd7zXZ\0/, () => compressed('xz', 'decompress')],
  [/^BZh[1-9]/, () => compressed('bzip2', 'decompress')],
  [/^(7z\xbc\xaf\x27\x1c|Rar!)/, () => 'this is an archive; take the file out of it first'],
  [/^[^]{257}ustar/, () => 'this is a tar archive; take the file out of it first'],
  [/^\x89HDF\r\n/, () => other('a file of HDF5, as Keras writes')],
  [/^GGUF/, () => other('a GGUF file')],
  [/^\x93NUMPY/, () => other('an array of numpy (.npy)')],
  [/^[^]{4}TFL3/, () => other('a model of TensorFlow Lite')],
  [/^\x08[\x01-\x20][\x12:]/, () => other('a model of ONNX')],
  [
    /^\x80[\x02-\x05]/,
    () => 'this is a bare pickle (of joblib or pickle.dump), which is not read; write it with torch.save',
  ],
]

const page =
  'this is a web page, not the file: the address leads to one, perhaps for a login or an error; ask for the file itself'

/** In words what a file is that a reader of one format was given; null where nobody knows. */
export function nameOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'the file is empty'
  const head = headOf(bytes)
  const format = formatOf(bytes)
  if (format === 'safetensors') return 'this is a safetensors file; readSafetensors and load read it'
  if (format === 'pt') return 'this is a .pt file, or another zip archive; readPt and load read it'
  for (const [begins, what] of rows) {
    const found = begins.exec(head)
    if (found !== null) return what(found)
  }
  return null
}

/** In words what a file is that has neither format. */
export function describeFile(bytes: Uint8Array): string {
  const name = nameOf(bytes)
  if (name !== null) return name
  const head = headOf(bytes)
  const size = `${bytes.length} bytes`
  if (/^[\t\n\r\x20-\x7e]+$/.test(head)) return `this is text, not a checkpoint: ${quote(head)} (${size})`
  const first = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return `this is neither a .pt nor a safetensors file: it begins with the bytes ${first} (${size})`
}
