/** What `record` gives: the program as it was written, with names for what it reads and what it gives. */
import type { Program } from '../contract/contract.ts'
import type { Generator } from '../random/generator.ts'
import type { Fill } from '../engine/tracer.ts'
import type { Tensor } from '../tensor/tensor.ts'

interface Named {
  readonly name: string
}
/** A tensor among the operands: `x`, `operand 1.mask`. */
export interface OperandInput extends Named {
  readonly kind: 'operand'
}
/** A parameter or buffer of a module. */
export interface StateInput extends Named {
  readonly kind: 'parameter' | 'buffer'
  /** All its keys, as in state dicts; of tied ones there are several, and none where only views of it are there. */
  readonly names: readonly string[]
  /** Keys of what is a view of it (reshaped, transposed): the program makes those of it. */
  readonly views: readonly string[]
  readonly tensor: Tensor
}
/** What an optimizer keeps for a parameter: `0.weight.momentum_buffer`. */
export interface OptimizerInput extends Named {
  readonly kind: 'optimizer state'
  /** The name of the parameter, and that of the entry in the optimizer's state dict. */
  readonly parameter: string
  readonly entry: string
  /** What it is now; null before the optimizer's first step, when all its elements are `initial`. */
  readonly tensor: Tensor | null
  readonly initial: number | null
}
/** A tensor from outside that no module and no optimizer has, or an optimizer's learning rate that is a tensor. */
export interface TensorInput extends Named {
  readonly kind: 'tensor'
  readonly tensor: Tensor
}
/** The gradient that a tensor had before: `0.weight.grad`. */
export interface GradientInput extends Named {
  readonly kind: 'gradient'
  readonly of: string
}
/** Random numbers, new ones at every run: `1.draw` for those of the module `1`. */
export interface DrawInput extends Named {
  readonly kind: 'draw'
  readonly generator: Generator
  /** Writes them: with a generator of the same seed the same as in eager code. */
  readonly fill: Fill
}
export type RecordedInput = OperandInput | StateInput | OptimizerInput | TensorInput | GradientInput | DrawInput

/** A number that may differ from run to run. Where one is read in two dtypes, two scalars have its name. */
export type RecordedScalar = Named &
  (
    | { readonly kind: 'operand' }
    /** Of a group of an optimizer: `SGD[0].lr`. */
    | {
        readonly kind: 'option'
        /** The optimizer's name, the index of the group, and PyTorch's name of the option, or a formula of options and of the step. */
        readonly optimizer: string
        readonly group: number
        readonly option: string
        /** The number of the next step. */
        readonly read: () => number
      }
    | { readonly kind: 'number'; readonly read: () => number }
  )

/** Where an output goes: a result of the function, or what it wrote to something that was there. */
export interface RecordedOutput extends Named {
  readonly kind: 'result' | 'result gradient' | 'gradient' | Exclude<RecordedInput['kind'], 'draw'>
  /** The input that holds what was there before, or null. */
  readonly replaces: number | null
}

/** A leaf of what the function returned. */
export type RecordedResult = Named &
  (
    | { readonly kind: 'output'; readonly output: number }
    /** One of the operands, or a part of one. */
    | { readonly kind: 'operand'; readonly operand: string }
    | { readonly kind: 'constant'; readonly value: unknown }
  )

export interface Recorded {
  /** As it was written: nothing is lowered, and nodes have the paths of their modules as origins. */
  readonly program: Program
  /** For every input of the program, in order. */
  readonly inputs: readonly RecordedInput[]
  /** For every scalar. */
  readonly scalars: readonly RecordedScalar[]
  /** For every output. */
  readonly outputs: readonly RecordedOutput[]
  /** For every leaf of what the function returned: `result` where it is one, else its path in it: `logits`, `[0].loss`. */
  readonly results: readonly RecordedResult[]
  /** It makes state of an optimizer, so it is the first step only; the next one is another program. */
  readonly isFirstStep: boolean
}
