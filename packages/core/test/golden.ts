/**
 * Fixtures made with real PyTorch (see docs/parity.md for their schema). They are data of this project;
 * `GOLDEN_DIR` names another folder of the same schema, so that other cases of the same kinds can be run.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface GoldenTensor {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'float64' | 'int64' | 'int32' | 'bool'
  /** Flat, row-major. Non-finite numbers are the strings "nan", "inf", "-inf"; int64 beyond 2^53 are strings. */
  readonly data: readonly (number | string | boolean)[]
}

const folder = process.env['GOLDEN_DIR'] ?? join(import.meta.dirname, 'golden')

/** Reads one set; `C` is the type of its cases, stated by the test that knows the set. */
export function golden<C>(set: string): { readonly cases: readonly C[]; readonly shared?: unknown } {
  return JSON.parse(readFileSync(join(folder, `${set}.json`), 'utf8'))
}

const NAMED: Record<string, number> = { nan: NaN, inf: Infinity, '-inf': -Infinity }

/** The values of a fixture tensor as plain numbers (bool as 0 and 1). */
export function numbers(tensor: GoldenTensor): number[] {
  return tensor.data.map((value) => (typeof value === 'string' ? (NAMED[value] ?? Number(value)) : Number(value)))
}
