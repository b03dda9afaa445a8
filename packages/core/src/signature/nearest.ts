/** The name that was meant. */

/** Names that other libraries, or PyTorch in other places, have for the same option. */
const SYNONYMS: Readonly<Record<string, string>> = {
  axis: 'dim',
  axes: 'dim',
  keepdims: 'keepdim',
  unbiased: 'correction',
  ddof: 'correction',
  alpha: 'value',
  learningrate: 'lr',
  rate: 'p',
  prob: 'p',
  seed: 'generator',
  collatefn: 'collate',
  sizeaverage: 'reduction',
  reduce: 'reduction',
}

/** `batch_size`, `BatchSize` and `batchSize` are one. */
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()

/** How many letters must be put in, taken out or exchanged (Levenshtein's distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}

/** Of these names the one that `name` stands for; null where none is near. */
export function nearest(name: string, names: readonly string[]): string | null {
  const meant = plain(name)
  const same = names.find((known) => plain(known) === meant)
  if (same !== undefined) return same
  const synonym = SYNONYMS[meant]
  if (synonym !== undefined && names.includes(synonym)) return synonym
  let best: string | null = null
  let least = Math.max(1, Math.floor(meant.length / 3)) + 1
  for (const known of names) {
    const steps = distance(meant, plain(known))
    if (steps < least) [best, least] = [known, steps]
  }
  return best
}
