/** Loops that cpu writes as source, with one thing in the text changed before it becomes code. */
import type { Backend } from '@glissade/core/backend'
import { cpu } from '../../../cpu/src/index.ts'
import type { Patterns } from '../../src/pattern.ts'
import type { Mutant } from './mutant.ts'

/** The text of a loop, by a pattern; and cases of the operation that it stands for. */
type Row = readonly [name: string, from: RegExp, to: string, only: Patterns]
const of = (op: string, dtype = '*'): string => `compiled/loop/${dtype}/*/${op}, *`
// oxfmt-ignore
const ROWS: readonly Row[] = [
  ['add subtracts', /fround\((\w+) \+ (\w+)\)/g, 'fround($1 - $2)', of('add', 'float32')],
  ['sub is turned round', /fround\((\w+) - (\w+)\)/g, 'fround($2 - $1)', of('sub', 'float32')],
  ['mul is not rounded', /fround\((\w+) \* (\w+)\)/g, '($1 * $2)', [of('mul', 'float32'), 'compiled/sgd/*', 'compiled/loop/float32/*sgd, *']],
  ['mul of integers is not imul', /Math\.imul\((\w+), (\w+)\)/g, '($1 * $2)', of('mul', 'int32')],
  ['div multiplies by the reciprocal', /fround\((\w+) \/ (\w+)\)/g, 'fround($1 * fround(1 / $2))', of('div', 'float32')],
  ['integer division floors', /\((\w+) \/ (\w+) \| 0\)/g, 'Math.floor($1 / $2)', of('div', 'int32')],
  ['mod has the sign of the divisor', /(\w+) % (\w+)/g, '(($1 % $2) + $2) % $2', of('mod')],
  ['pow is **', /power\((\w+), (\w+)\)/g, '$1 ** $2', of('pow', 'float32')],
  ['integer powers are those of floats', /integerPower\((\w+), (\w+)\)/g, '$1 ** $2', of('pow', 'int32')],
  ['maximum drops a NaN', /Math\.max\((v\w+), (v\w+)\)/g, '($1 > $2 ? $1 : $2)', of('maximum', 'float32')],
  ['minimum drops a NaN', /Math\.min\((v\w+), (v\w+)\)/g, '($1 < $2 ? $1 : $2)', of('minimum', 'float32')],
  ['eq is Object.is', /\((v\w+) === (v\w+)\)/g, 'Object.is($1, $2)', of('eq', 'float32')],
  ['lt is le', /\((v\w+) < (v\w+)\)/g, '($1 <= $2)', of('lt')],
  ['le is not greater', /\((v\w+) <= (v\w+)\)/g, '(!($1 > $2))', of('le', 'float32')],
  ['le is lt', /\((v\w+) <= (v\w+)\)/g, '($1 < $2)', of('le')],
  ['and of bool is or', /\((v\w+) && (v\w+)\)/g, '($1 || $2)', of('and', 'bool')],
  ['or of bool is and', /\((v\w+) \|\| (v\w+)\)/g, '($1 && $2)', of('or', 'bool')],
  ['and of integers is or', /\((v\w+) & (v\w+)\)/g, '($1 | $2)', of('and', 'int32')],
  ['or of integers is xor', /\((v\w+) \| (v\w+)\)/g, '($1 ^ $2)', of('or', 'int32')],
  ['not of integers is neg', /~(v\w+)/g, '-$1', of('not', 'int32')],
  ['where takes the other', /\((v\w+) \? (v\w+) : (v\w+)\)/g, '($1 ? $3 : $2)', of('where')],
  ['exp is a little off', /fround\(Math\.exp\((\w+)\)\)/g, 'fround(Math.exp($1) * 1.000001)', of('exp', 'float32')],
  ['expm1 is exp - 1', /Math\.expm1\((\w+)\)/g, '(fround(Math.exp($1)) - 1)', of('expm1', 'float32')],
  ['log is log2', /Math\.log\((\w+)\)/g, 'Math.log2($1)', of('log', 'float32')],
  ['log1p is log(1 + x)', /Math\.log1p\((\w+)\)/g, 'Math.log(fround(1 + $1))', of('log1p', 'float32')],
  ['sin is cos', /Math\.sin\((\w+)\)/g, 'Math.cos($1)', of('sin', 'float32')],
  ['cos is 1 - x^2 / 2', /Math\.cos\((\w+)\)/g, '(1 - $1 * $1 / 2)', of('cos', 'float32')],
  ['atan is x', /Math\.atan\((\w+)\)/g, '($1)', of('atan', 'float32')],
  ['tanh by exponentials', /Math\.tanh\((\w+)\)/g, '((Math.exp(2 * $1) - 1) / (Math.exp(2 * $1) + 1))', of('tanh', 'float32')],
  ['sqrt is a power', /Math\.sqrt\((\w+)\)/g, '(fround($1) ** 0.5000001)', of('sqrt', 'float32')],
  ['erf is tanh', /\berf\((v\w+)\)/g, 'Math.tanh(1.2 * $1)', of('erf', 'float32')],
  ['abs of integers is not brought back', /\(Math\.abs\((\w+)\) \| 0\)/g, '(-$1 | 0)', of('abs', 'int32')],
  ['sign of zero is 1', /Math\.sign\((\w+)\)/g, '($1 < 0 ? -1 : 1)', of('sign')],
  ['floor truncates', /Math\.floor\((v\w+)\)/g, 'Math.trunc($1)', of('floor', 'float32')],
  ['ceil is floor + 1', /Math\.ceil\((v\w+)\)/g, '(Math.floor($1) + 1)', of('ceil', 'float32')],
  ['round goes up at halves', /roundToEven\((v\w+)\)/g, 'Math.round($1)', of('round', 'float32')],
  ['neg is 0 - x', /fround\(-(v\w+)\)/g, 'fround(0 - $1)', of('neg', 'float32')],
  ['casts to int32 wrap', /Math\.max\([-\w]+, Math\.min\(\w+, (\w+)\)\)/g, '($1)', of('cast', 'float32')],
  ['casts to bytes saturate', /\((v\w+) & \w+\)/g, '(Math.min(255, Math.max(0, $1)))', ['compiled/loop/int32/*/cast, *', 'compiled/loop/float32/*/cast, *']],
  ['loops stop one early', /(i0 < )(\w+)/g, '$1$2 - 1', 'compiled/loop/float32/*small integers'],
  ['loops stop at 65,536', /(i0 < )(\w+)/g, '$1Math.min($2, 65536)', 'compiled/loop/*many'],
  ['inner loops stop one early', /(i1 < )(\w+)/g, '$1$2 - 1', 'compiled/loop/float32/*small integers'],
  ['sums start at 1', /let (s\d+) = 0/g, 'let $1 = 1', of('sum', 'float32')],
  ['sums over outer axes are not cleared', /(s\d+)\[i\] = 0\b/g, '$1[i] += 0', 'compiled/loop/float32/*/sum, *'],
  ['the greatest starts at 0', /= -Infinity/g, '= 0', of('max', 'float32')],
  ['the least starts at 0', /= Infinity/g, '= 0', of('min', 'float32')],
  ['indices of the inner axis are those of the outer', /\bi1\b(?! [<+])(?!\+\+)/g, 'i0', 'compiled/loop/float32/*small integers'],
]

/** The texts that the backend compiles, at prepare or at its first run, go through `change`. */
function rewriting(change: (text: string) => string): Backend {
  const right = cpu()
  const changed = <T>(work: () => T): T => {
    const { eval: evaluate } = globalThis
    // oxlint-disable-next-line no-eval -- the compiler that is watched here
    globalThis.eval = (text: string) => evaluate(change(text)) as unknown
    try {
      return work()
    } finally {
      // oxlint-disable-next-line no-eval -- as it was
      globalThis.eval = evaluate
    }
  }
  return {
    ...right,
    prepare(program) {
      const executable = changed(() => right.prepare(program))
      return { ...executable, run: (...given) => changed(() => executable.run(...given)) }
    },
  }
}

export const source: readonly Mutant[] = ROWS.map(([name, from, to, only]) => ({
  name: `cpu's source: ${name}`,
  only,
  create: () => rewriting((text) => text.replace(from, to)),
}))
