/**
 * `@glissade/conformance`: proves a backend. Cases are plain data; the test runner, if any, is passed in. It imports core
 * alone and runs in a page as in Node.
 */
export type { Case, Measurement, Ran } from './case.ts'
export { cases } from './cases.ts'
export { failuresOf, summaryOf, type Failure, type Failures, type Share } from './failures.ts'
export { toHTML } from './html.ts'
export {
  fromJSON,
  headline,
  toJSON,
  type Badge,
  type Reason,
  type Report,
  type Result,
  type Status,
  type Verdict,
} from './report.ts'
export { run, testBackend, type Setup } from './run.ts'
