/** Runs of a recording apart: with the operands and the state of now, and results that go nowhere. */
import type { Executable, KernelTime, Slice } from '../contract/contract.ts'
import { StateError, UnsupportedError } from '../contract/errors.ts'
import type { Handle } from '../engine/handle.ts'
import { hostArray, upload } from '../engine/host.ts'
import { internedTypes } from '../engine/op.ts'
import { closeScope, leaveScope, openScope } from '../engine/scope.ts'
import { assertReadable, type Value } from '../engine/value.ts'
import { Generator } from '../random/generator.ts'
import { profileOf, type Profile } from './profile.ts'
import { tensorAt, type HostEvent, type Recording, type Source } from './recording.ts'

/** The first is the one in which engines compile what they run, and caches fill. */
const RUNS = 3

type Draw = Extract<HostEvent, { readonly kind: 'draw' }>

/**
 * Issues a few runs and resolves with what their kernels took. All values, and all state of the host, stay what they are.
 * @param name of the compiled function, for errors
 * @param recording as it was lowered, and as it was prepared
 * @param isFresh whether the host effects that the recording made still stand
 */
export function profileApart(
  name: string,
  recording: Recording,
  executable: Executable,
  leaves: readonly unknown[],
  isFresh: boolean,
): Promise<Profile> {
  const { device, program, sources, events } = recording
  const backend = device.backend.name
  if (executable.profile === undefined)
    throw new UnsupportedError(name, `the ${backend} backend cannot tell what its kernels take; use explain()`)
  device.assertAlive(name)
  const readable = (value: Value): Value => {
    assertReadable(name, value)
    if (value.device !== device) throw new StateError(name, 'a gradient is on another device; move it with to()')
    return value
  }
  const inputOf = (source: Exclude<Source, { readonly kind: 'draw' }>): Slice => {
    if (source.kind === 'row') return source.row.look()
    if (source.kind === 'cell') return readable(source.cell.value)
    if (source.kind === 'operand') return readable((leaves[source.leaf] as Handle).value)
    return readable(tensorAt(source.of, leaves).rawGrad!.value)
  }
  const scalars = new Float64Array(program.scalars.length)
  const types = internedTypes(program)
  const scope = openScope()
  let runs: Promise<readonly KernelTime[]>[]
  try {
    const inputs = sources.map((source, i) => {
      if (source.kind !== 'draw') return inputOf(source)
      const array = hostArray(types[i]!.dtype, types[i]!.size)
      const { fill } = events.find((event) => event.kind === 'draw' && event.input === i) as Draw
      fill(new Generator(), array)
      return upload(types[i]!, device, array)
    })
    for (const event of events)
      if (event.kind === 'operand') scalars[event.scalar] = leaves[event.leaf] as number
      else if (event.kind === 'numbers') {
        const values = isFresh ? event.first : event.source.read()
        for (const { index, scalar } of event.reads) scalars[scalar] = values[index]!
      }
    const outputs = program.outputs.map((value) => device.allocate(types[value]!))
    runs = Array.from({ length: RUNS }, () => executable.profile!(inputs, outputs, scalars))
  } finally {
    // What was issued is done before a release takes effect.
    leaveScope(scope)
    closeScope(scope)
  }
  return Promise.all(runs).then((times) => profileOf(name, backend, program, times))
}
