/** `@glissade/core/record`: what functions do, as programs with names, for exporters and tools. */
export { record, type RecordOperand, type RecordOptions } from './record.ts'
export type * from './recorded.ts'
