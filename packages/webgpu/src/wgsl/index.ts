/** WGSL of elements: their types, expressions over them, and the functions that those need. */
export { fromWord, literal, toWord, valueType } from './dtype.ts'
export { EXPRESSIONS, greater, type Elementwise } from './expressions.ts'
export { HELPERS, withHelpers } from './helpers/index.ts'
export { REDUCERS } from './reducers.ts'
