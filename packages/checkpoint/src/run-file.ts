/**
 * The file of a run: safetensors with the header of the run as JSON in its metadata, and a checksum of the whole file.
 * The checksum stands at a fixed place, and is taken with zeros there: so a changed bit is found wherever it is, before
 * anything else of the file is believed.
 */
import type { OwnBytes } from '@glissade/core/backend'
import { Allowance } from './allowance.ts'
import { crc32 } from './crc32.ts'
import { CheckpointError, describe, isCheckpointError, refuseAt } from './error.ts'
import type { HostTensor } from './host-tensor.ts'
import { parseJson } from './json.ts'
import { parseSafetensors, readable, writeSafetensors } from './safetensors.ts'

const FORMAT = 'glissade-run'
const VERSION = 2

/** The parts that a run need not have, in the order of loading. */
export const OPTIONAL = ['scheduler', 'generator', 'loader'] as const
export type OptionalPart = (typeof OPTIONAL)[number]

/** What the metadata hold. */
export interface RunHeader {
  readonly step: number
  readonly parts: readonly OptionalPart[]
  readonly optimizer: unknown
  readonly scheduler?: unknown
  readonly loader?: unknown
  readonly extra: unknown
}

/** How every run begins, after the eight bytes of the header's length: metadata are sorted by their names. */
const START = '{"__metadata__":{"checksum":"'
const DIGITS_AT = 8 + START.length
const DIGITS = 8
const ZEROS = '0'.repeat(DIGITS)

/** The checksum of a file, whatever stands in its place, as it is written. */
function checksumOf(file: Uint8Array): string {
  const start = crc32(new TextEncoder().encode(ZEROS), crc32(file.subarray(0, DIGITS_AT)))
  return crc32(file.subarray(DIGITS_AT + DIGITS), start)
    .toString(16)
    .padStart(DIGITS, '0')
}

/** The file of a run. */
export function writeRunFile(header: RunHeader, tensors: ReadonlyMap<string, HostTensor>): OwnBytes {
  const run = JSON.stringify({ version: VERSION, ...header })
  const file = writeSafetensors(tensors, { checksum: ZEROS, format: FORMAT, run })
  file.set(new TextEncoder().encode(checksumOf(file)), DIGITS_AT)
  return file
}

/**
 * The header and the tensors of a file, checked.
 *
 * @throws CheckpointError (`run`) naming the file, for one that is damaged or no run.
 */
export function readRunFile(file: Uint8Array, name: string): { header: RunHeader; tensors: Map<string, HostTensor> } {
  const refuse = refuseAt('run', name)
  const start = String.fromCharCode(...file.subarray(8, DIGITS_AT + DIGITS))
  if (!start.startsWith(START))
    refuse('this file holds no run, or its beginning is damaged; tensors are read with readSafetensors or readPt')
  const [found, wanted] = [checksumOf(file), start.slice(START.length)]
  if (found !== wanted)
    refuse(
      `it is damaged: its checksum is ${found} instead of ${describe(wanted)}; load a run that was saved before it`,
    )
  const allowance = new Allowance(file.length)
  const { tensors, metadata } = inRun(name, () => {
    const parsed = parseSafetensors(file, allowance)
    return { ...parsed, tensors: readable(parsed.tensors) }
  })
  const header = parseJson(metadata.get('run') ?? '', allowance, refuse)
  assertHeader(header, name)
  return { header, tensors }
}

/** Tells what another format's reader refused as what is wrong with a run. */
function inRun<T>(name: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    throw new CheckpointError('run', name, `${error.what} (at ${error.where})`, { cause: error })
  }
}

function assertHeader(header: unknown, name: string): asserts header is RunHeader {
  const refuse = refuseAt('run', name)
  if (typeof header !== 'object' || header === null) return refuse(`its header is ${describe(header)}`)
  const { version, step, parts } = header as Record<string, unknown>
  if (version !== VERSION)
    refuse(
      `it has version ${describe(version)}, this program reads ${VERSION}; use the @glissade/checkpoint that wrote it`,
    )
  if (typeof step !== 'number') refuse(`its step is ${describe(step)}`)
  if (!Array.isArray(parts) || !parts.every((part) => OPTIONAL.includes(part as OptionalPart)))
    refuse(`its list of parts is ${describe(parts)}`)
}
