/** A recording with the program that its backend prepares: state that lies side by side is one source and one target. */
import type { Cell } from '../engine/handle.ts'
import { lowerWithState } from '../lower/lower.ts'
import type { HostEvent, Recording } from './recording.ts'
import { mayJoin, StateRow } from './state-row.ts'

/** @param name of the compiled function, for errors */
export function lowered(name: string, recording: Recording): Recording {
  const { sources, targets, events, device, once } = recording
  const cellOf = (input: number): Cell => (sources[input] as { readonly cell: Cell }).cell
  const { program, inputs, outputs, rows } = lowerWithState(recording.program, device.backend.capabilities, {
    replaces: targets.map((target) => (target.kind === 'cell' ? target.input : null)),
    // A step that makes state runs once.
    ...(once ? {} : { mayJoin: (joined: readonly number[]) => mayJoin(joined.map(cellOf)) }),
  })
  const inputAt = new Map(inputs.map((input, at) => [input, at]))
  const joined = rows.map((row, i) => ({
    kind: 'row' as const,
    row: new StateRow(name, device, row.inputs.map(cellOf), row),
    input: inputs.length + i,
  }))
  return {
    ...recording,
    program,
    sources: [...inputs.map((input) => sources[input]!), ...joined],
    targets: [
      ...outputs.map((output) => {
        const target = targets[output]!
        return target.kind === 'cell' && target.input !== null
          ? { ...target, input: inputAt.get(target.input)! }
          : target
      }),
      ...joined,
    ],
    events: events.map((event): HostEvent =>
      event.kind === 'draw' ? { ...event, input: inputAt.get(event.input)! } : event,
    ),
  }
}
