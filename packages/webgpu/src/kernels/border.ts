/** Between bytes and words, and from one place to another: nodes that no program has but passes make. */
import { numel, type TensorType } from '@glissade/core/backend'
import { EXPRESSIONS, toWord } from '../wgsl/index.ts'
import { byLane, lines, type Work } from './kernel.ts'

type Border = (args: readonly TensorType[], results: readonly TensorType[]) => readonly Work[]

const unpack: Border = (_, [out]) => {
  const items = numel(out!.shape)
  return byLane(items, items, ({ load, store }) =>
    lines(
      `let byte = (${load(0, 'i / 4')} >> (i % 4 * 8)) & 255;`,
      store(0, 'i', EXPRESSIONS.cast(['byte'], 'int32', { dtype: out!.dtype })),
    ),
  )
}

/** Elements after the last are 0: the bytes of a value's last word are its own. */
const pack: Border = ([x]) => {
  const count = numel(x!.shape)
  return byLane(Math.ceil(count / 4), count, ({ load, store }) =>
    lines(
      'var word = 0u;',
      `for (var b = 0u; b < 4 && i * 4 + b < ${count}; b++) {`,
      `let x = ${load(0, 'i * 4 + b')};`,
      `word |= (${toWord(x!.dtype, 'x')} & 255) << (b * 8);`,
      '}',
      store(0, 'i', 'bitcast<i32>(word)'),
    ),
  )
}

/** Every element where the result has it. */
export const copy: Border = ([x]) => {
  const items = numel(x!.shape)
  return byLane(items, items, ({ load, store }) => store(0, 'i', load(0, 'i')))
}

export const border: { readonly unpack: Border; readonly pack: Border } = { unpack, pack }
