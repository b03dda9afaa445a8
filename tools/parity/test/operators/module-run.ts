/** Runs a module's samples: forward, gradients by inputs and parameters, and buffers afterwards. */
import { compile, isGlissadeError, manualSeed, scope } from '@glissade/core'
import * as nn from '@glissade/core/nn'
import { camelCase } from '../python.ts'
import { place, type Rule } from './bind.ts'
import { differencesOf, differencesOfGradients, flat, gradientsOf, type Gradients } from './derivatives.ts'
import { SEED, type Way } from './run.ts'
import { LeftOut, operandsOf, Reader, type Sample, type TensorData, type Value } from './sample.ts'
import { takesOf } from './signatures.ts'

export interface ModuleSample extends Sample {
  /** Arguments of the constructor, by PyTorch's names. */
  readonly c: Readonly<Record<string, Value>>
  readonly training: boolean
  /** The state before, and the names of the parameters, whose gradients follow those of the inputs. */
  readonly p: Readonly<Record<string, TensorData>>
  readonly n: readonly string[]
  /** Buffers after the call. */
  readonly after: Readonly<Record<string, TensorData>>
}
/** A line of a set of modules. */
export interface ModuleLine {
  readonly name: string
  readonly samples: readonly ModuleSample[]
  readonly left: Readonly<Record<string, number>>
}
export interface ModuleRule extends Rule {
  /** How many arguments `forward` has before its options; all where it is not said. */
  readonly places?: number
}

type Forward = nn.Module & ((...args: readonly unknown[]) => unknown)

export class ModuleRun {
  readonly #name: string
  readonly #rule: ModuleRule
  constructor(name: string, rule: ModuleRule) {
    this.#name = name
    this.#rule = rule
  }

  /** The module of a sample. Throws LeftOut where it cannot be made here. */
  made({ c, training }: ModuleSample): Forward {
    const given = Object.fromEntries(Object.entries(c).map(([name, value]) => [name, new Reader().value(value)]))
    const Class = (nn as unknown as Readonly<Record<string, new (...args: unknown[]) => Forward>>)[this.#name]!
    const ours = this.#rule.given?.(given) ?? given
    const module = new Class(...place(ours, takesOf('nn', this.#name), this.#rule.names))
    module.train(training)
    return module
  }
  /** Places first, then the options that are given. */
  #arguments({ a }: ModuleSample, reader: Reader): unknown[] {
    const entries = Object.entries(a).map(([name, value]): [string, unknown] => [name, reader.value(value)])
    const { places = entries.length } = this.#rule
    const options = entries.slice(places).filter(([, value]) => value !== null)
    const args = entries.slice(0, places).map(([, value]) => value)
    while (args.length > 0 && (args.at(-1) ?? null) === null) args.pop()
    return options.length === 0
      ? args
      : [...args, Object.fromEntries(options.map(([name, value]) => [camelCase(name), value]))]
  }

  /** Makes the module and calls it. Throws LeftOut where it cannot be made here. */
  call(sample: ModuleSample): unknown {
    return this.made(sample)(...this.#arguments(sample, new Reader()))
  }
  /** What differs in a sample, run in one way. Throws LeftOut where it cannot be asked here. */
  sample(sample: ModuleSample, way: Way): string[] {
    try {
      return scope(() => [...this.#differences(sample, way)])
    } catch (error) {
      if (error instanceof LeftOut) throw error
      return [isGlissadeError(error) ? `refused: ${String(error)}` : `fails: ${String(error)}`]
    }
  }
  *#differences(sample: ModuleSample, way: Way): Generator<string> {
    const module = this.made(sample)
    const reader = new Reader(way === 'views' ? 'views' : 'plain')
    const state = new Map(Object.entries(sample.p).map(([name, data]) => [name, new Reader().tensor(data)]))
    const args = this.#arguments(sample, reader)
    const reset = (): void => {
      module.loadStateDict(state)
      manualSeed(SEED)
    }
    reset()
    const parameters = new Map(module.namedParameters())
    const leaves = [...reader.leaves, ...sample.n.map((name) => parameters.get(name)!)]
    const step = (): { outputs: unknown[]; gradients: Gradients } => {
      const outputs = flat(module(...args))
      return { outputs, gradients: sample.g === undefined ? [] : gradientsOf(outputs, leaves) }
    }
    let { outputs, gradients } = way === 'compiled' ? twice(compile(step), reset) : step()
    yield* differencesOf('result', outputs, sample.o)
    if (sample.g !== undefined) yield* differencesOfGradients('gradient', gradients, sample.g, operandsOf(sample))
    const buffers = new Map(module.namedBuffers())
    for (const [name, wanted] of Object.entries(sample.after))
      yield* differencesOf(`buffer ${name}`, [buffers.get(name)], [wanted])
  }
}

/** The second call, from the same state as the first. */
function twice<T>(step: () => T, reset: () => void): T {
  step()
  reset()
  return step()
}
