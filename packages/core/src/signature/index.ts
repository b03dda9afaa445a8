/** `@glissade/core/signature`: what functions take, for packages that have functions of their own. */
export * from './kind.ts'
export {
  optional,
  rest,
  signature,
  type Optional,
  type OptionsOf,
  type Rest,
  type Rows,
  type Signature,
  type ValuesOf,
} from './signature.ts'
