/** wasm with one thing in the text of one of its sources changed before it is bundled: the product needs no hooks for it. */
import type { Backend } from '@glissade/core/backend'
import { bundle, type Rewrite } from '../../../../../tools/bundle-source.ts'
import type { Patterns } from '../../../src/pattern.ts'
import type { Mutant } from '../mutant.ts'

/** What stands in the source, and what stands there instead; and cases of the operation that it writes. */
export type Row = readonly [name: string, from: string | RegExp, to: string, only: Patterns]
/** By the source, within `packages/wasm/src`. */
export type Rows = Readonly<Record<string, readonly Row[]>>

const FOLDER = new URL('../../../../wasm/src', import.meta.url).pathname
/** Divided among threads everything is, however small, and specialised to its sizes. */
type Settings = { readonly threads: number; readonly worth?: 0; readonly genericNodes?: 0 }
const ALONE: Settings = { threads: 1 }
export const TEAM: Settings = { threads: 3, worth: 0, genericNodes: 0 }
const MEMORY_BYTES = 2 ** 30

interface Module {
  readonly makeBackend: (settings: Settings & { readonly memoryBytes: number }) => Promise<Backend>
}
async function load(rewrite?: Rewrite): Promise<Module> {
  const text = await bundle(`export { makeBackend } from './backend.ts'`, FOLDER, 'node', rewrite)
  return (await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)) as Module
}

/** The text with the change in it; throws where there is nothing to change, or more than one place. */
function changed(text: string, [name, from, to]: Row): string {
  const places = text.split(from).length - 1
  if (places !== 1) throw new Error(`'${name}' changes ${places} places, want 1: ${String(from)}`)
  return text.replace(from, to.replaceAll('$', '$$$$'))
}

let whole: Promise<Module> | null = null
/** wasm as it is, loaded in the same way. */
const right = async (settings: Settings): Promise<Backend> =>
  (await (whole ??= load())).makeBackend({ ...settings, memoryBytes: MEMORY_BYTES })

export const rewrittenWasm = (rows: Rows, settings: Settings = ALONE): readonly Mutant[] =>
  Object.entries(rows).flatMap(([file, list]) =>
    list.map((row): Mutant => ({
      name: `wasm's ${file}: ${row[0]}`,
      only: row[3],
      create: async () => {
        const { makeBackend } = await load({ file: `/wasm/src/${file}`, write: (text) => changed(text, row) })
        return makeBackend({ ...settings, memoryBytes: MEMORY_BYTES })
      },
      right: () => right(settings),
    })),
  )
