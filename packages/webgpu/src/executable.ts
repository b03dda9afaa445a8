/** A prepared program: its plan, and how a run of it becomes commands. */
import { UnsupportedError, type Executable, type Program, type Slice } from '@glissade/core/backend'
import { Binder, type BoundDispatch, type Range } from './device/binder.ts'
import { memoryOf, type Device } from './device/device.ts'
import { MOST_NUMBERS } from './device/numbers.ts'
import type { Memory } from './device/pool.ts'
import { wordOf } from './plan/numbers.ts'
import { planOf, type Plan } from './plan/plan.ts'

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0)

/** Per storage of a plan the one that is in the same place where outputs take the place of inputs. */
function inPlace({ storages }: Plan, { donated }: Program): ReadonlyMap<number, number> {
  const together = new Map<number, number>()
  storages.forEach(({ of, index }, storage) => {
    const input = of === 'output' ? donated[index] : null
    if (input == null) return
    const first = storages.findIndex((other) => other.of === 'input' && other.index === input)
    if (first >= 0) together.set(storage, first)
  })
  return together
}

async function allOf(promises: readonly Promise<void>[]): Promise<void> {
  await Promise.all(promises)
}

class Prepared implements Executable {
  readonly ready: Promise<void>
  readonly scratchBytes: number
  readonly #device: Device
  readonly #plan: Plan
  readonly #binders: readonly Binder[]
  /** What names the nodes that may fail, after the scalars. */
  readonly #names: readonly number[]
  readonly #table: Memory | null
  #ranges: Range[] = []
  #bound: readonly BoundDispatch[] = []
  #isReleased = false

  constructor(device: Device, program: Program) {
    const plan = planOf(program, device.limits)
    const { dispatches, scalars, mayFail, scratch, table } = plan
    const numbers = scalars.length + mayFail.length
    if (numbers > MOST_NUMBERS)
      throw new UnsupportedError('prepare', `a program has at most ${MOST_NUMBERS} scalars (got ${numbers})`)
    this.#device = device
    this.#plan = plan
    this.#names = mayFail.map((node) => device.failures.nameOf(node))
    this.#binders = dispatches.map((dispatch) => new Binder(device.shared, dispatch, numbers))
    this.scratchBytes = sum(scratch)
    device.workspace.enter(scratch)
    this.#table = table.length === 0 ? null : device.pool.take('prepare', table.byteLength)
    if (this.#table !== null) device.write(this.#table, 0, new Uint8Array(table.buffer))
    const together = inPlace(plan, program)
    this.ready = allOf(this.#binders.map((binder) => binder.expect(together).ready))
    // Runs are told by the next reading.
    this.ready.catch(() => {})
  }

  run(inputs: readonly Slice[], outputs: readonly Slice[], scalars: Float64Array): void {
    const device = this.#device
    device.assertThere('run')
    const bound = this.#bind(inputs, outputs)
    if (bound.length === 0) return
    for (const { pipeline } of bound) if (pipeline.error !== null) throw pipeline.error
    const words = [...this.#plan.scalars.map((dtype, i) => wordOf(scalars[i]!, dtype)), ...this.#names]
    const memories = this.#ranges.map(({ memory }) => memory)
    const waiting = bound.filter(({ pipeline }) => pipeline.pipeline === null)
    const ready = waiting.length === 0 ? null : Promise.all(waiting.map(({ pipeline }) => pipeline.ready))
    device.order.push(() => {
      const { submissions, numbers } = device
      if (!numbers.hasRoom(words.length)) submissions.submit()
      const offset = [numbers.put(words)]
      const pass = submissions.compute()
      for (const { pipeline, group, grid } of bound) {
        pass.setPipeline(pipeline.pipeline!)
        pass.setBindGroup(0, group, pipeline.shader.usesNumbers ? offset : [])
        pass.dispatchWorkgroups(grid[0], grid[1])
      }
      for (const memory of memories) memory.submission = submissions.current
      if (this.#names.length > 0) device.failures.isOpen = true
      submissions.ran(bound.length)
    }, ready)
  }

  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#device.workspace.leave(this.#plan.scratch)
    if (this.#table !== null) this.#device.give(this.#table)
    this.#ranges = []
    this.#bound = []
  }

  /** The dispatches over these places; those of the last run where nothing moved. */
  #bind(inputs: readonly Slice[], outputs: readonly Slice[]): readonly BoundDispatch[] {
    const { storages } = this.#plan
    let isSame = this.#ranges.length === storages.length
    storages.forEach(({ of, index, bytes }, storage) => {
      const slice = of === 'input' ? inputs[index] : of === 'output' ? outputs[index] : undefined
      const memory =
        slice !== undefined
          ? memoryOf(slice, 'run')
          : of === 'table'
            ? this.#table!
            : this.#device.workspace.piece(index, bytes)
      const from = slice?.byteOffset ?? 0
      const last = this.#ranges[storage]
      if (last?.memory === memory && last.from === from) return
      isSame = false
      this.#ranges[storage] = { memory, from, bytes }
    })
    if (!isSame) this.#bound = this.#binders.map((binder) => binder.bind(this.#ranges))
    return this.#bound
  }
}

export const prepare = (device: Device, program: Program): Executable => new Prepared(device, program)
