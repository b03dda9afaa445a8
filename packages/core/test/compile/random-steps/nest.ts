/** Modules in modules. */
import type { Built, Draft } from './draft.ts'
import { containers, leaves } from './modules.ts'
import { userModule } from './user-modules.ts'

const ALL = [...leaves, ...containers, ...containers, userModule, userModule, userModule, userModule]

/** `count` modules one after the other, with others in them `depth` times. */
export function chain(draft: Draft, width: number, depth: number, count: number): Built[] {
  const list: Built[] = []
  for (let i = 0; i < count; i++) {
    const row = draft.random.choose(depth > 0 ? ALL : leaves)
    list.push(row(draft, list.at(-1)?.out ?? width, (inner, many) => chain(draft, inner, depth - 1, many)))
  }
  return list
}
