/** When a recording holds: the types of operands, and what else it took for granted. */
import { StateError } from '../backend/errors.ts'
import type { Device } from '../tensor/device.ts'
import { Handle } from '../tensor/handle.ts'
import { structureVersion } from '../tensor/tracer.ts'
import type { Premise, Recording } from './recorder.ts'
import type { Structure } from './structure.ts'

function isBroken({ read, value }: Premise): boolean {
  const now = read()
  return now.length !== value.length || now.some((part, i) => part !== value[i])
}

const textOf = (leaf: unknown): string =>
  leaf instanceof Handle ? String(leaf.type) : typeof leaf === 'number' ? 'a number' : String(leaf)

export class Conditions {
  readonly #name: string
  readonly #device: Device
  readonly #structure: Structure
  /** Tensors are matched by type; holding them would keep them alive. */
  readonly #leaves: readonly unknown[]
  readonly #recording: Recording
  /** The structure under which the premises held last. */
  #version = structureVersion()

  constructor(name: string, device: Device, structure: Structure, leaves: readonly unknown[], recording: Recording) {
    this.#name = name
    this.#device = device
    this.#structure = structure
    this.#leaves = leaves.map((leaf) => (leaf instanceof Handle ? leaf.type : leaf))
    this.#recording = recording
  }

  #fits(leaf: unknown, i: number): boolean {
    const known = this.#leaves[i]
    if (leaf instanceof Handle) return leaf.type === known && leaf.value.device === this.#device
    return typeof leaf === 'number' ? typeof known === 'number' : leaf === known
  }

  /** @param runs how often the recording has run */
  hold(structure: Structure, leaves: readonly unknown[], runs: number): boolean {
    if (leaves.length !== this.#leaves.length || !structure.equals(this.#structure)) return false
    for (let i = 0; i < leaves.length; i++) if (!this.#fits(leaves[i], i)) return false
    const { guards, roots, premises } = this.#recording
    const version = structureVersion()
    if (version !== this.#version) {
      for (let i = 0; i < roots.length; i++) if ((roots[i]!.handle.node !== null) !== roots[i]!.tracked) return false
      if (premises.some(isBroken)) return false
      this.#version = version
    } else if ((runs & (runs - 1)) === 0) {
      // A field that was assigned to tells nobody, so it is looked for after 1, 2, 4, 8, ... runs.
      const broken = premises.find(isBroken)
      if (broken !== undefined)
        throw new StateError(
          this.#name,
          `the parts of ${broken.what} (modules, parameters, buffers, hooks) are not those that were recorded, and steps since may ` +
            'have run with the old ones; change modules before the first step, or compile the step again afterwards',
        )
    }
    for (let i = 0; i < guards.length; i++) if (guards[i]!.read() !== guards[i]!.value) return false
    return true
  }

  /** What does not hold, in words; null where everything does. */
  broken(structure: Structure, leaves: readonly unknown[]): string | null {
    if (leaves.length !== this.#leaves.length || !structure.equals(this.#structure))
      return 'the operands are arranged in another way'
    const at = leaves.findIndex((leaf, i) => !this.#fits(leaf, i))
    if (at >= 0) {
      const [now, before] = [textOf(leaves[at]), textOf(this.#leaves[at])]
      return now === before ? `operand ${at} is on another device` : `operand ${at} is ${now} and not ${before}`
    }
    const { guards, roots, premises } = this.#recording
    const root = roots.find(({ handle, tracked }) => (handle.node !== null) !== tracked)
    if (root !== undefined)
      return `a tensor from outside (${String(root.handle.type)}) ${root.tracked ? 'requires gradients no more' : 'requires gradients now'}`
    const premise = premises.find(isBroken)
    if (premise !== undefined) return `the parts of ${premise.what}, or their mode, have changed`
    const guard = guards.find(({ read, value }) => read() !== value)
    return guard === undefined ? null : `${guard.what} changed`
  }
}
