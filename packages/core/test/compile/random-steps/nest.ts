/** Modules in modules. */
import type { Built, Draft, Row } from './draft.ts'
import { containers, leaves as simple } from './modules.ts'
import { attention, encoder, image, recurrent } from './sequence-modules.ts'
import { userModule } from './user-modules.ts'

const thrice = (rows: readonly Row[]): Row[] => [...rows, ...rows, ...rows]
/** Without modules of other kinds in them. Those for sequences and images are large, and so one in twelve or fewer. */
const leaves = [...thrice(simple), recurrent, attention, encoder, image]
const ALL = [...leaves, ...thrice([...containers, ...containers, userModule, userModule, userModule, userModule])]

/** `count` modules one after the other, with others in them `depth` times. */
export function chain(draft: Draft, width: number, depth: number, count: number): Built[] {
  const list: Built[] = []
  for (let i = 0; i < count; i++) {
    const row = draft.random.choose(depth > 0 ? ALL : leaves)
    list.push(row(draft, list.at(-1)?.out ?? width, (inner, many) => chain(draft, inner, depth - 1, many)))
  }
  return list
}
