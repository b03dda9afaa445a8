/** Recurrent layers: RNN, LSTM, GRU. */
import { OptionError, ShapeError } from '../contract/errors.ts'
import { dropout } from '../functional/dropout.ts'
import { linear } from '../functional/linear.ts'
import { gruSequence } from '../functional/recurrent/gru.ts'
import { lstmSequence } from '../functional/recurrent/lstm.ts'
import { rnnSequence } from '../functional/recurrent/rnn.ts'
import type { Recurrence } from '../functional/recurrent/sequence.ts'
import { boolean, kind, list, natural, number, oneOf, positive, type Kind } from '../signature/kind.ts'
import { optional, signature, type OptionsOf, type ValuesOf } from '../signature/signature.ts'
import { isGradEnabled } from '../engine/grad-node.ts'
import { tensor } from '../engine/kinds.ts'
import { zeros } from '../tensor/creation.ts'
import { one } from '../tensor/one.ts'
import { cat, stack } from '../ops/arrangement.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { uniform_ } from './init/index.ts'
import type { FieldKinds } from './fields.ts'
import { layers } from './kinds.ts'
import { Module } from './module.ts'
import type { Parameter } from './parameter.ts'
import { placementRows, zeroParameter } from './placement.ts'
import { bool, float } from './repr.ts'

/** Layers on top of each other. */
const layersRow = optional(/* @__PURE__ */ layers(1), 1)
const others = {
  /** Learn additive biases. */
  bias: optional(boolean, true),
  /** Input and output are [n, length, features] instead of [length, n, features]. */
  batchFirst: optional(boolean, false),
  /** Dropout between layers while training. */
  dropout: optional(number, 0),
  /** A second network reads the sequence backwards. */
  bidirectional: optional(boolean, false),
  ...placementRows,
}
const options = { numLayers: layersRow, ...others }
const rnnOptions = {
  numLayers: layersRow,
  /** What stands around the sum. */
  nonlinearity: optional(oneOf('tanh', 'relu'), 'tanh'),
  ...others,
}
export interface RecurrentOptions extends OptionsOf<typeof options> {}
export interface RNNOptions extends OptionsOf<typeof rnnOptions> {}

const sizes = { inputSize: natural, hiddenSize: positive }
export const NEW_RNN = /* @__PURE__ */ signature('RNN', sizes, rnnOptions)
export const NEW_LSTM = /* @__PURE__ */ signature('LSTM', sizes, options)
export const NEW_GRU = /* @__PURE__ */ signature('GRU', sizes, options)

const oneState: Kind<Tensor> = /* @__PURE__ */ kind('a tensor', tensor.accepts, (value) =>
  Array.isArray(value) ? 'the state is h alone' : null,
)
const twoStates: Kind<readonly Tensor[]> = /* @__PURE__ */ kind('a list of 2 tensors, [h, c]', list(tensor, 2).accepts)
const HIDDEN = /* @__PURE__ */ signature('forward', { input: tensor, initial: optional(oneState, null) })
const HIDDEN_AND_CELL = /* @__PURE__ */ signature('forward', { input: tensor, initial: optional(twoStates, null) })

/** The state of one layer in one direction: [h] or [h, c], each [n, hidden]. */
type State = readonly Tensor[]
/** (gates, h0, c0?, w_hh, b_hh?) to the outputs and the final state. */
type Run = (operands: readonly Tensor[], recurrence: Recurrence) => readonly Tensor[]

const FIELDS: FieldKinds = { inputSize: positive, hiddenSize: positive, numLayers: /* @__PURE__ */ layers(1) }

/** Everything but the recurrence. Parameters are `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `..._l0_reverse`, `..._l1`, ... */
abstract class Recurrent<A extends readonly unknown[], R> extends Module<A, R> {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly numLayers: number
  readonly bias: boolean
  readonly batchFirst: boolean
  readonly dropout: number
  readonly bidirectional: boolean
  readonly #run: Run
  readonly #states: number

  constructor(
    run: Run,
    gates: number,
    states: number,
    inputSize: number,
    hiddenSize: number,
    read: ValuesOf<typeof options>,
  ) {
    super()
    const { numLayers, bias, batchFirst, dropout: p, bidirectional, ...placement } = read
    if (!(p >= 0 && p <= 1)) throw new OptionError(new.target.name, `dropout must be between 0 and 1 (got ${p})`)
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.numLayers = numLayers
    this.bias = bias
    this.batchFirst = batchFirst
    this.dropout = p
    this.bidirectional = bidirectional
    this.#run = run
    this.#states = states
    const rows = gates * hiddenSize
    const bound = 1 / Math.sqrt(hiddenSize)
    const fields = this as unknown as Record<string, Parameter>
    for (let layer = 0; layer < numLayers; layer++)
      for (const suffix of this.#suffixes(layer)) {
        const width = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1)
        fields[`weight_ih_${suffix}`] = zeroParameter(this, [rows, width], placement)
        fields[`weight_hh_${suffix}`] = zeroParameter(this, [rows, hiddenSize], placement)
        if (!bias) continue
        fields[`bias_ih_${suffix}`] = zeroParameter(this, [rows], placement)
        fields[`bias_hh_${suffix}`] = zeroParameter(this, [rows], placement)
      }
    for (const parameter of this.parameters()) uniform_(parameter, -bound, bound)
  }
  override get fieldKinds(): FieldKinds {
    return FIELDS
  }
  #suffixes(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`]
  }

  /** Output and final states ([layers * directions, n, hidden] each) of [length, n, inputSize]. */
  #layers(input: Tensor, initial: State | null): [Tensor, State] {
    const fields = this as unknown as Record<string, Parameter | undefined>
    const n = input.shape[1]!
    const finals: State[] = []
    let sequence = input
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) sequence = dropout(sequence, { p: this.dropout, training: this.training })
      const outputs = this.#suffixes(layer).map((suffix, direction) => {
        const gates = linear(sequence, fields[`weight_ih_${suffix}`]!, fields[`bias_ih_${suffix}`])
        const at = finals.length
        const state = initial?.map((states) => states.select(0, at)) ?? this.#zeros([n, this.hiddenSize], input)
        const bias = fields[`bias_hh_${suffix}`]
        const operands = [gates, ...state, fields[`weight_hh_${suffix}`]!, ...(bias === undefined ? [] : [bias])]
        const keeps = isGradEnabled() && operands.some((operand) => operand.requiresGrad)
        const [output, ...final] = this.#run(operands, { reverse: direction === 1, bias: this.bias, keeps })
        finals.push(final)
        return output!
      })
      sequence = outputs.length === 1 ? outputs[0]! : one(cat, { dim: 2 }, ...outputs)
    }
    return [
      sequence,
      Array.from({ length: this.#states }, (_, k) => one(stack, { dim: 0 }, ...finals.map((state) => state[k]!))),
    ]
  }
  #zeros(shape: readonly number[], like: Tensor): Tensor[] {
    return Array.from({ length: this.#states }, () => zeros(shape, { dtype: like.dtype, device: like.device }))
  }

  /** @internal Puts the axes in order and takes the batch axis in and out. */
  protected sequence(input: Tensor, initial: State | null): [Tensor, State] {
    const { name } = this.constructor
    const rank = input.shape.length
    if ((rank !== 2 && rank !== 3) || input.shape.at(-1) !== this.inputSize)
      throw new ShapeError(
        name,
        [input.shape],
        `the input must be ${this.batchFirst ? '[n, length' : '[length, n'}, ${this.inputSize}] or [length, ${this.inputSize}]`,
      )
    const wide = rank === 3 && this.batchFirst
    if (input.shape[wide ? 1 : 0] === 0)
      throw new ShapeError(name, [input.shape], 'expected sequence length to be larger than 0')
    const count = this.numLayers * (this.bidirectional ? 2 : 1)
    const wanted = [count, ...(rank === 2 ? [] : [input.shape[wide ? 0 : 1]!]), this.hiddenSize]
    for (const { shape } of initial ?? [])
      if (shape.join() !== wanted.join())
        throw new ShapeError(
          name,
          [shape, wanted],
          `an initial state must be [layers * directions, ${rank === 2 ? '' : 'n, '}hiddenSize]`,
        )
    if (rank === 2) {
      const [output, state] = this.#layers(input.unsqueeze(1), initial?.map((x) => x.unsqueeze(1)) ?? null)
      return [output.squeeze(1), state.map((x) => x.squeeze(1))]
    }
    if (!wide) return this.#layers(input, initial)
    const [output, state] = this.#layers(input.transpose(0, 1), initial)
    return [output.transpose(0, 1), state]
  }
  override extraRepr(): string {
    return [
      `${this.inputSize}, ${this.hiddenSize}`,
      ...(this.numLayers === 1 ? [] : [`num_layers=${this.numLayers}`]),
      ...(this.bias ? [] : [`bias=${bool(this.bias)}`]),
      ...(this.batchFirst ? ['batch_first=True'] : []),
      ...(this.dropout === 0 ? [] : [`dropout=${float(this.dropout)}`]),
      ...(this.bidirectional ? ['bidirectional=True'] : []),
    ].join(', ')
  }
}

/**
 * h' = tanh(x w_ih' + b_ih + h w_hh' + b_hh), or relu. All parameters start uniform in +-1 / sqrt(hiddenSize).
 * Gives [output [length, n, hidden * directions], final states [layers * directions, n, hidden]].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
export class RNN extends Recurrent<[input: Tensor, initial?: Tensor | null], [Tensor, Tensor]> {
  readonly nonlinearity: 'tanh' | 'relu'
  constructor(inputSize: number, hiddenSize: number, options?: RNNOptions)
  constructor(inputSize: number, hiddenSize: number) {
    const { nonlinearity, ...rest } = NEW_RNN.read(arguments)
    super(
      (operands, { reverse, bias }) => rnnSequence(operands, { reverse, bias, relu: nonlinearity === 'relu' }),
      1,
      1,
      inputSize,
      hiddenSize,
      rest,
    )
    this.nonlinearity = nonlinearity
  }
  forward(input: Tensor, initial: Tensor | null = null): [Tensor, Tensor] {
    HIDDEN.read(arguments, this.constructor.name)
    const [output, [h]] = this.sequence(input, initial === null ? null : [initial])
    return [output, h!]
  }
}
/**
 * Long short-term memory: gates i, f, g, o; c' = f c + i g, h' = o tanh(c').
 * Gives [output, [final h, final c]]; the initial [h, c] default to zeros.
 * A union `RNN | LSTM | GRU` is called without states; to pass one, ask first which it is (`instanceof`), since their states differ.
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
export class LSTM extends Recurrent<
  [input: Tensor, initial?: readonly [Tensor, Tensor] | null],
  [Tensor, [Tensor, Tensor]]
> {
  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions)
  constructor(inputSize: number, hiddenSize: number) {
    const read = NEW_LSTM.read(arguments)
    super(lstmSequence, 4, 2, inputSize, hiddenSize, read)
  }
  forward(input: Tensor, initial: readonly [Tensor, Tensor] | null = null): [Tensor, [Tensor, Tensor]] {
    HIDDEN_AND_CELL.read(arguments, this.constructor.name)
    const [output, [h, c]] = this.sequence(input, initial)
    return [output, [h!, c!]]
  }
}
/**
 * Gated recurrent unit: gates r, z, n; h' = (1 - z) n + z h. Gives [output, final h].
 * Source: https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
export class GRU extends Recurrent<[input: Tensor, initial?: Tensor | null], [Tensor, Tensor]> {
  constructor(inputSize: number, hiddenSize: number, options?: RecurrentOptions)
  constructor(inputSize: number, hiddenSize: number) {
    const read = NEW_GRU.read(arguments)
    super(gruSequence, 3, 1, inputSize, hiddenSize, read)
  }
  forward(input: Tensor, initial: Tensor | null = null): [Tensor, Tensor] {
    HIDDEN.read(arguments, this.constructor.name)
    const [output, [h]] = this.sequence(input, initial === null ? null : [initial])
    return [output, h!]
  }
}
