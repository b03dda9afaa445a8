/** A recording whose state lies side by side: what an optimizer updates alike is one source and one target. */
import { sideBySide } from '../lower/side-by-side.ts'
import type { Device } from '../engine/device.ts'
import type { Cell } from '../engine/handle.ts'
import type { HostEvent, Recording } from './recording.ts'
import { mayJoin, StateRow } from './state-row.ts'

/** @param name of the compiled function, for errors */
export function joinState(name: string, device: Device, recording: Recording): Recording {
  const { sources, targets, events } = recording
  // A step that makes state runs once.
  if (recording.once) return recording
  const cellOf = (input: number): Cell => (sources[input] as { readonly cell: Cell }).cell
  const joined = sideBySide(
    recording.program,
    targets.map((target) => (target.kind === 'cell' ? target.input : null)),
    {
      alignment: device.backend.capabilities.limits.alignment,
      mayJoin: (inputs) => mayJoin(inputs.map(cellOf)),
    },
  )
  if (joined === null) return recording
  const inputAt = new Map(joined.inputs.map((input, at) => [input, at]))
  const rows = joined.rows.map((row, i) => ({
    kind: 'row' as const,
    row: new StateRow(name, device, row.inputs.map(cellOf), row),
    input: joined.inputs.length + i,
  }))
  return {
    ...recording,
    program: joined.program,
    sources: [...joined.inputs.map((input) => sources[input]!), ...rows],
    targets: [
      ...joined.outputs.map((output) => {
        const target = targets[output]!
        return target.kind === 'cell' && target.input !== null
          ? { ...target, input: inputAt.get(target.input)! }
          : target
      }),
      ...rows,
    ],
    events: events.map((event): HostEvent =>
      event.kind === 'draw' ? { ...event, input: inputAt.get(event.input)! } : event,
    ),
  }
}
