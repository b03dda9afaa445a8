/**
 * The updates of optimizers, step by step: SGD over its whole option grid, to the bit on `ieee` (its body, run in float32
 * one primitive after another, is the definition), and the other rules within the bounds of their bodies. Every step
 * starts from what the backend gave, so errors do not add up.
 */
import { adagrad, adam, rmsprop, sgd, structureOf, type Rule, type Structure } from '@glissade/core/optim'
import { valueTypes, type Program } from '@glissade/core/backend'
import { Builder, evaluate, traceComposite, type Sym } from '@glissade/core/ir'
import { bounded } from './bounds.ts'
import { lacking, type Case, type Measurement, passed } from './case.ts'
import { compare, type Wanted } from './compare.ts'
import { draw, operand, seedOf, show } from './generators/sample.ts'
import { fused, withoutLoops } from './loops/fused.ts'
import { idOf, type Mode } from './program.ts'
import { withSession, type Operand } from './session.ts'

const STEPS = 3

/** One update per parameter as composite nodes: p, g, state of each; then the numbers as scalars. */
function updateProgram(
  rule: Rule<never>,
  shapes: readonly (readonly number[])[],
  states: number,
  numbers: number,
  structure: Structure,
  donate: boolean,
): Program {
  const builder = new Builder()
  const width = 2 + states
  const tensors = shapes.map((shape) => Array.from({ length: width }, () => builder.input({ dtype: 'float32', shape })))
  const scalars = Array.from({ length: numbers }, () => builder.scalar('float32'))
  const results: Sym[] = []
  const donated: (number | null)[] = []
  tensors.forEach((own, k) => {
    const args = [...own, ...scalars]
    const updated = traceComposite(rule.update, builder, args, structure as never)
    results.push(...updated)
    // The parameter in its own place, each state in its own; new state has none.
    donated.push(...updated.map((_, i) => (i === 0 ? k * width : i + 1 < width ? k * width + i + 1 : null)))
  })
  return builder.finish(results, donate ? donated : undefined)
}

/** A step that starts without state makes it. */
interface Step {
  readonly program: Program
  readonly numbers: readonly number[]
}
function steps<O extends object>(
  rule: Rule<O>,
  options: O,
  shapes: readonly (readonly number[])[],
  donate: boolean,
): Step[] {
  const names = rule.state(options)
  return Array.from({ length: STEPS }, (_, n): Step => {
    const first = n === 0 && names.length > 0 && rule.initial(options) === null
    const structure = { ...structureOf(rule, options), ...(first ? { first } : {}) }
    const numbers = rule.hyper(options, n + 1)
    return {
      program: updateProgram(rule, shapes, first ? 0 : names.length, numbers.length, structure, donate),
      numbers,
    }
  })
}

function updateCase<O extends object>(mode: Mode, rule: Rule<O>, options: O, what: string, exact: boolean): Case {
  const shapes = mode === 'eager' ? [[13]] : [[3, 5], [7], []]
  const places = shapes.map(show).join('x')
  const name = `${rule.name}/float32/${places}/${what}`
  return {
    id: idOf(mode, rule.name, 'float32', places, what),
    level: 'must',
    excuse: (backend) => (mode === 'fused' ? withoutLoops(backend) : null) ?? lacking(backend, ['float32']),
    run: (backend) =>
      withSession(backend, async (session): Promise<Measurement> => {
        const { accuracy } = backend.capabilities
        const count = rule.state(options).length
        let worst: Measurement = passed
        let state = draw(
          shapes.map((shape) => operand('float32', shape)),
          seedOf(name),
        ).map((p) => [p])
        const initial = rule.initial(options)
        if (initial !== null)
          state = state.map(([p]) => [
            p!,
            ...Array.from({ length: count }, () => ({
              type: p!.type,
              data: new Float64Array(p!.data.length).fill(Math.fround(initial)),
            })),
          ])
        for (const [n, step] of steps(rule, options, shapes, mode !== 'eager').entries()) {
          const { numbers } = step
          const program = mode === 'fused' ? fused(step.program, backend) : step.program
          const gradients = draw(
            shapes.map((shape) => operand('float32', shape)),
            seedOf(`${name} step ${n}`),
          )
          const operands = state.flatMap(([p, ...own], k): Operand[] => [p!, gradients[k]!, ...own])
          const inputs = operands.map(({ data }) => data)
          const wanted: Wanted[] =
            exact && accuracy === 'ieee'
              ? evaluate(program, inputs, numbers, { round: true }).map((data, i) => ({
                  type: valueTypes(program)[program.outputs[i]!]!,
                  data,
                  signed: true,
                }))
              : bounded(program, inputs, numbers, accuracy)
          const got = await session.execute(program, operands, numbers)
          const per = got.length / shapes.length
          const measured = compare(
            wanted,
            got,
            (output, index) =>
              `step ${n + 1}, ${output % per === 0 ? 'parameter' : `state ${output % per}`} ${Math.floor(output / per)}, [${index}]`,
          )
          if (!measured.ok) return measured
          if (measured.worstUlp > worst.worstUlp) worst = measured
          state = shapes.map((_, k) =>
            got.slice(k * per, (k + 1) * per).map((data): Operand => ({ type: state[k]![0]!.type, data })),
          )
        }
        return worst
      }),
  }
}

// ---- The grid -------------------------------------------------------------------------------------------------------

const base = { foreach: null, differentiable: false, fused: null }
const GRID = [0.1, 0.0137]
  .flatMap((lr) =>
    [0, 0.9, 0.37].flatMap((momentum) =>
      [0, 0.3].flatMap((dampening) =>
        [0, 0.01].flatMap((weightDecay) =>
          [false, true].flatMap((nesterov) =>
            [false, true].map((maximize) => ({ ...base, lr, momentum, dampening, weightDecay, nesterov, maximize })),
          ),
        ),
      ),
    ),
  )
  .filter(
    ({ momentum, dampening, nesterov }) =>
      (!nesterov || (momentum > 0 && dampening === 0)) && (momentum > 0 || dampening === 0),
  )

const adamBase = {
  ...base,
  lr: 0.01,
  betas: [0.9, 0.999] as const,
  eps: 1e-8,
  weightDecay: 0,
  amsgrad: false,
  maximize: false,
  capturable: false,
  decoupledWeightDecay: false,
}

export function optimizerCases(): Case[] {
  return (['eager', 'compiled', 'fused'] as const).flatMap((mode) => [
    ...GRID.map((options) => {
      const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options
      const flags = [nesterov ? ' nesterov' : '', maximize ? ' maximize' : ''].join('')
      return updateCase(
        mode,
        sgd,
        options,
        `lr ${lr} momentum ${momentum} dampening ${dampening} weightDecay ${weightDecay}${flags}`,
        true,
      )
    }),
    ...[
      {},
      { weightDecay: 0.1 },
      { weightDecay: 0.1, decoupledWeightDecay: true },
      { amsgrad: true },
      { maximize: true },
    ].map((given) => updateCase(mode, adam, { ...adamBase, ...given }, `adam ${JSON.stringify(given)}`, false)),
    updateCase(
      mode,
      adagrad,
      {
        ...base,
        lr: 0.1,
        lrDecay: 0.1,
        weightDecay: 0.01,
        initialAccumulatorValue: 0.1,
        eps: 1e-10,
        maximize: false,
      },
      'adagrad',
      false,
    ),
    updateCase(
      mode,
      rmsprop,
      {
        ...base,
        lr: 0.01,
        alpha: 0.9,
        eps: 1e-8,
        weightDecay: 0.01,
        momentum: 0.9,
        centered: true,
        maximize: false,
        capturable: false,
      },
      'rmsprop, centered',
      false,
    ),
  ])
}
