/** `@glissade/core/signature`: what functions take, for packages that have functions of their own. */
export * from './kind.ts'
export { optional, rest, signature, type OptionsOf, type Signature, type ValuesOf } from './signature.ts'
