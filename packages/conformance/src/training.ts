/**
 * Twenty SGD steps of a fixed multilayer perceptron: as one program per step with parameters donated, node by node, and
 * through tensors, modules' way. Losses and final parameters match the same steps in float64.
 */
import { compile, scope, tensor, type Tensor } from '@glissade/core'
import { DTYPES, valueTypes, type Backend, type Program, type TensorType } from '@glissade/core/backend'
import { SGD, sgd, structureOf } from '@glissade/core/optim'
import { Builder, evaluate, inline, traceComposite } from '@glissade/core/ir'
import { failed, lacking, type Case, type Measurement } from './case.ts'
import { compare } from './compare.ts'
import { gradientProgram } from './derivative.ts'
import { f32, list, programOf } from './laws/law.ts'
import { withSession, type OwnSlice, type Session } from './session.ts'

const STEPS = 20
const [BATCH, INPUTS, HIDDEN, OUTPUTS] = [6, 4, 8, 3]
const OPTIONS = {
  lr: 0.1,
  momentum: 0.9,
  dampening: 0,
  weightDecay: 0.001,
  nesterov: false,
  maximize: false,
  foreach: null,
  differentiable: false,
  fused: null,
}
/** Relative to the values: rounding of twenty steps of ieee float32, and of WGSL's looser arithmetic. */
const TOLERANCE = { ieee: 1e-5, wgsl: 1e-3 }

const wave = (size: number, phase: number, height: number): number[] =>
  list(size, (i) => Math.fround(height * Math.sin(1.7 * i + phase)))
const PARAMETERS: readonly TensorType[] = [f32(HIDDEN, INPUTS), f32(HIDDEN), f32(OUTPUTS, HIDDEN), f32(OUTPUTS)]
const START: readonly number[][] = [
  wave(HIDDEN * INPUTS, 0.3, 0.5),
  wave(HIDDEN, 1.1, 0.1),
  wave(OUTPUTS * HIDDEN, 2.2, 0.4),
  wave(OUTPUTS, 0.7, 0.1),
]
const DATA: readonly number[][] = [wave(BATCH * INPUTS, 0.9, 1), wave(BATCH * OUTPUTS, 1.9, 0.8)]
const BATCHES: readonly TensorType[] = [f32(BATCH, INPUTS), f32(BATCH, OUTPUTS)]

/** mean((W2 tanh(W1 x + b1) + b2 - y)^2) over [parameters, x, y] */
const lossProgram = (): Program =>
  programOf([...PARAMETERS, ...BATCHES], ([w1, b1, w2, b2, x, y]) => {
    const hidden = x!
      .dot(w1!, false, true)
      .add(b1!.expand([BATCH, HIDDEN]))
      .tanh()
    const off = hidden
      .dot(w2!, false, true)
      .add(b2!.expand([BATCH, OUTPUTS]))
      .sub(y!)
    return [
      off
        .mul(off)
        .sum([0, 1])
        .div(BATCH * OUTPUTS),
    ]
  })

/** Inputs: parameters, momentum buffers (but in the first step), x, y. Outputs: loss, parameters, buffers. */
function stepProgram(first: boolean): Program {
  const builder = new Builder()
  const parameters = PARAMETERS.map((type) => builder.input(type))
  const buffers = first ? [] : PARAMETERS.map((type) => builder.input(type))
  const batch = BATCHES.map((type) => builder.input(type))
  const numbers = sgd.hyper(OPTIONS, 1).map(() => builder.scalar('float32'))
  const loss = lossProgram()
  const [value] = builder.inline(loss, [...parameters, ...batch])
  const gradients = builder.inline(gradientProgram(loss), [...parameters, ...batch, value!.like(1)])
  const structure = { ...structureOf(sgd, OPTIONS), first }
  const updated = parameters.map((p, k) => {
    const args = [p, gradients[k]!, ...(first ? [] : [buffers[k]!]), ...numbers]
    return traceComposite(sgd.update, builder, args, structure as never)
  })
  const outputs = [value!, ...updated.map(([p]) => p!), ...updated.map(([, buffer]) => buffer!)]
  return builder.finish(outputs)
}

interface Outcome {
  readonly losses: number[]
  readonly parameters: ArrayLike<number>[]
}

function reference(): Outcome {
  let parameters: ArrayLike<number>[] = [...START]
  let buffers: ArrayLike<number>[] = []
  const losses: number[] = []
  for (let n = 0; n < STEPS; n++) {
    const [loss, ...rest] = evaluate(
      stepProgram(n === 0),
      [...parameters, ...buffers, ...DATA],
      [...sgd.hyper(OPTIONS, 1)],
    )
    losses.push(loss![0]!)
    parameters = rest.slice(0, PARAMETERS.length)
    buffers = rest.slice(PARAMETERS.length)
  }
  return { losses, parameters }
}

function judge(backend: Backend, got: Outcome): Measurement {
  const want = reference()
  const relative = TOLERANCE[backend.capabilities.accuracy]
  const bound = (data: ArrayLike<number>): number[] => Array.from(data, (x) => relative * Math.max(Math.abs(x), 0.1))
  const wanted = [want.losses, ...want.parameters].map((data) => ({ type: f32(data.length), data, error: bound(data) }))
  return compare(wanted, [got.losses, ...got.parameters], (output, index) =>
    output === 0 ? `the loss of step ${index + 1}` : `parameter ${output - 1}[${index}] after ${STEPS} steps`,
  )
}

/** Issues a program; the values stay on the backend. */
type Issue = (
  program: Program,
  inputs: readonly OwnSlice[],
  outputs: readonly OwnSlice[],
  numbers: Float64Array,
) => void

async function train(session: Session, issueOf: (program: Program) => Issue, donate: boolean): Promise<Outcome> {
  const { hyper } = sgd
  const numbers = Float64Array.from(hyper(OPTIONS, 1))
  const batch = BATCHES.map((type, i) => session.upload({ type, data: DATA[i]! }))
  let parameters = PARAMETERS.map((type, i) => session.upload({ type, data: START[i]! }))
  let buffers = PARAMETERS.map((type) => session.room(type))
  const losses: OwnSlice[] = []
  const donated = [null, ...list(2 * PARAMETERS.length)]
  const programs = [stepProgram(true), { ...stepProgram(false), ...(donate ? { donated } : {}) }]
  const issues = programs.map((program) => issueOf(program))
  for (let n = 0; n < STEPS; n++) {
    const first = n === 0
    const loss = session.room(f32())
    const inputs = [...parameters, ...(first ? [] : buffers), ...batch]
    const fresh = (): OwnSlice[] => PARAMETERS.map((type) => session.room(type))
    const places =
      donate && !first ? { parameters, buffers } : { parameters: fresh(), buffers: first ? buffers : fresh() }
    issues[first ? 0 : 1]!(programs[first ? 0 : 1]!, inputs, [loss, ...places.parameters, ...places.buffers], numbers)
    ;({ parameters, buffers } = places)
    losses.push(loss)
  }
  return {
    losses: (await Promise.all(losses.map((loss) => session.results(loss)))).map(([loss]) => loss!),
    parameters: await Promise.all(parameters.map((place) => session.results(place))),
  }
}

/** One node after another, each a program of its own. */
function nodeByNode(session: Session): (program: Program) => Issue {
  return (whole) => {
    const program = inline(whole, session.backend.capabilities.runs)
    const types = valueTypes(program)
    const first = program.inputs.length + program.scalars.length
    const executables = program.nodes.map((node) =>
      session.prepare({
        inputs: node.args.map((arg) => types[arg]!),
        scalars: [],
        nodes: [{ ...node, args: node.args.map((_, i) => i) }],
        outputs: node.types.map((_, i) => node.args.length + i),
        donated: node.types.map(() => null),
      }),
    )
    return (_, inputs, outputs, numbers) => {
      const values: OwnSlice[] = [
        ...inputs,
        ...program.scalars.map((dtype, i) =>
          session.upload({
            type: { dtype, shape: [] },
            data: [DTYPES[dtype].round(numbers[i]!)],
          }),
        ),
      ]
      let next = first
      program.nodes.forEach((node, k) => {
        const places = node.types.map((type, i) => {
          const at = program.outputs.indexOf(next + i)
          return at >= 0 ? outputs[at]! : session.room(type)
        })
        next += places.length
        executables[k]!.run(
          node.args.map((arg) => values[arg]!),
          places,
          new Float64Array(0),
        )
        values.push(...places)
      })
    }
  }
}

const training = (mode: string, work: (session: Session) => Promise<Outcome>, fresh?: true): Case => ({
  id: `${mode}/training/float32/[${BATCH},${INPUTS}]/20 SGD steps of a perceptron`,
  level: 'must',
  ...(fresh ? { fresh } : {}),
  excuse: (backend) => lacking(backend, ['float32']),
  run: (backend) => withSession(backend, async (session) => judge(backend, await work(session))),
})

/** Through `@glissade/core`, as a user trains. */
async function withTensors(device: Backend, compiled: boolean): Promise<Outcome & { live: number[] }> {
  const parameters = PARAMETERS.map(({ shape }, i) =>
    tensor(Float32Array.from(START[i]!), { device, shape, requiresGrad: true }),
  )
  const batch = BATCHES.map(({ shape }, i) => tensor(Float32Array.from(DATA[i]!), { device, shape })) as [
    Tensor,
    Tensor,
  ]
  const optimizer = new SGD(parameters as never, { lr: 0.1, momentum: 0.9, weightDecay: 0.001 })
  const step = (x: Tensor, y: Tensor): Tensor => {
    const [w1, b1, w2, b2] = parameters as [Tensor, Tensor, Tensor, Tensor]
    optimizer.zeroGrad()
    const hidden = x.matmul(w1.transpose(0, 1)).add(b1).tanh()
    const off = hidden.matmul(w2.transpose(0, 1)).add(b2).sub(y)
    const loss = off.mul(off).mean()
    loss.backward()
    optimizer.step()
    return loss.detach()
  }
  const run = compiled ? compile(step) : step
  const losses: number[] = []
  const live: number[] = []
  for (let n = 0; n < STEPS; n++) {
    await scope(async () => {
      losses.push(await run(...batch).item())
    })
    await device.settle()
    live.push(device.memory().live)
  }
  return { losses, live, parameters: await Promise.all(parameters.map((p) => p.data())) }
}

/** Programs are prepared in the first steps; then nothing may grow. */
const WARM = 5

const tensors = (mode: 'eager' | 'compiled'): Case => ({
  id: `${mode}/training/float32/[${BATCH},${INPUTS}]/20 SGD steps of a perceptron, with tensors`,
  level: 'must',
  fresh: true,
  excuse: (backend) => lacking(backend, ['float32', 'int32', 'bool']),
  run: async (backend) => {
    const { live, ...outcome } = await withTensors(backend, mode === 'compiled')
    const judged = judge(backend, outcome)
    if (!judged.ok) return judged
    if (live.at(-1)! > live[WARM]!)
      return failed(
        `live memory grew from ${live[WARM]!} bytes after step ${WARM + 1} to ${live.at(-1)!} after step ${STEPS}`,
      )
    return judged
  },
})

export const trainingCases = (): Case[] => [
  training('compiled', (session) => {
    const prepared = (program: Program): Issue => {
      const executable = session.prepare(program)
      return (_, inputs, outputs, numbers) => executable.run(inputs, outputs, numbers)
    }
    return train(session, prepared, true)
  }),
  training('eager', (session) => train(session, nodeByNode(session), false)),
  tensors('eager'),
  tensors('compiled'),
]
