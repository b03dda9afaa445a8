/** From a program to work on the device: places are planned at once, code comes later, every run is a piece of work. */
import { UnsupportedError, allocateScratch, elementsFor, layout } from '@glissade/core/backend'
import type { Executable, HostArray, Program, Slice } from '@glissade/core/backend'
import { ALIGNMENT, ALLOCATION_BYTES, later, type Device } from './device.js'
import { kernelOf } from './kernels.js'

export function prepare(device: Device, program: Program): Executable {
  const { inputs, nodes, outputs } = program
  const unknown = nodes.find((node) => kernelOf(node) === null)
  if (unknown !== undefined) throw new UnsupportedError(unknown.op, 'there is no kernel of that name', unknown.origin)
  const { types, starts, places, silent, copies, scratch } = layout(program, {
    alignment: ALIGNMENT,
    allocationBytes: ALLOCATION_BYTES,
    scalars: 'apart',
  })
  const pieces = allocateScratch(scratch, device)
  /** A device compiles here, which may take seconds. */
  const compiled = later().then(() =>
    nodes.flatMap((node, i) => {
      if (silent[i]) return []
      const results = node.types.map((_, k) => starts[i]! + k)
      return [{ loop: kernelOf(node)!(node.args.map((arg) => types[arg]!)), args: node.args, results }]
    }))
  const ready = compiled.then(() => {})
  return {
    ready,
    scratchBytes: scratch.reduce((sum, bytes) => sum + bytes, 0),
    run(givenInputs, givenOutputs, givenScalars) {
      const given = { input: [...givenInputs], output: [...givenOutputs] }
      for (const { storage } of [...given.input, ...given.output]) device.assertThere('run', storage)
      const scalars = program.scalars.map((dtype, i) => elementsFor(dtype, 1).fill(givenScalars[i]!))
      /** The elements of a value, where it lies in this run. */
      const elements = (value: number): HostArray => {
        const { of, index, byteOffset } = places[value]!
        if (of === 'scalar') return scalars[index]!
        const type = types[value]!
        if (of === 'scratch') return device.array({ storage: pieces[index]!, byteOffset, type })
        const { storage, byteOffset: start } = given[of][index]!
        return device.array({ storage, byteOffset: start + byteOffset, type })
      }
      device.issue(async () => {
        for (const { loop, args, results } of await compiled) loop(args.map(elements), results.map(elements))
        for (const { from, to } of copies) device.array(given.output[to]!).set(elements(from))
      })
    },
    release() {
      for (const storage of pieces) device.release(storage)
    },
  }
}
