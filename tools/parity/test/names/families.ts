/** Names of PyTorch that are not here, by family: what is missing, and what is out of scope for a reason. */
import { MISSING } from './missing.ts'
import { OUT_OF_SCOPE } from './out-of-scope.ts'

/** Names by place, separated by spaces. */
export type Names = Readonly<Record<string, string>>
export interface Family {
  readonly scope: 'missing' | 'out of scope'
  /** What the names have in common, and why they are not here. */
  readonly title: string
  readonly names?: Names
}

const familiesOf = (scope: Family['scope'], table: Readonly<Record<string, Names>>): Family[] =>
  Object.entries(table).map(([title, names]) => ({ scope, title, names }))
export const FAMILIES: readonly Family[] = [
  ...familiesOf('missing', MISSING),
  ...familiesOf('out of scope', OUT_OF_SCOPE),
]

/** Forms that change their tensor, of functions that are here. */
export const IN_PLACE: Family = { scope: 'missing', title: 'in-place forms of what is here' }
/** Modules that this page counts. */
export const SECTION: Family = { scope: 'out of scope', title: 'modules with a section of their own' }
/** What a name falls into by what it is, if no table has it. */
export const OF_KIND: Readonly<Record<string, Family>> = {
  module: { scope: 'out of scope', title: 'files of a module, whose names the module has itself' },
  import: { scope: 'out of scope', title: 'what the files of PyTorch import' },
  dtype: { scope: 'out of scope', title: 'dtypes: here are float16, float32, float64, int32, uint8 and bool' },
  'function without documentation': { scope: 'out of scope', title: 'functions that PyTorch does not document' },
}
