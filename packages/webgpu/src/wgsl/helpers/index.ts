/** Functions that expressions name, and the text of those that a shader needs. */
import { exponentials } from './exponentials.ts'
import { exponents } from './exponents.ts'
import { floats } from './floats.ts'
import { integers } from './integers.ts'
import { trigonometry } from './trigonometry.ts'

/** By name; each text declares its name and may name others. WGSL lets declarations stand in any order. */
export const HELPERS: { readonly [name: string]: string } = {
  ...floats,
  ...integers,
  ...exponents,
  ...exponentials,
  ...trigonometry,
}

const namesIn = (text: string): string[] => (text.match(/\w+/g) ?? []).filter((word) => Object.hasOwn(HELPERS, word))

/** The declarations that a text needs: those that it names, and those that they name. */
export function withHelpers(body: string): string {
  const needed = new Set(namesIn(body))
  // A set that grows is walked over to its end.
  for (const name of needed) for (const other of namesIn(HELPERS[name]!)) needed.add(other)
  return [...needed].map((name) => HELPERS[name]!).join('\n')
}
