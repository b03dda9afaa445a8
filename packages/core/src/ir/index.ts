/** `@glissade/core/ir`: programs as data, for tools and test kits. Backends need only `@glissade/core/backend`. */
export { Builder, Sym, type Operand } from './builder.ts'
export { definitions, evaluate, type Definition, type EvaluateOptions, type Value } from './evaluate.ts'
export { infer, isPrimitive } from './infer.ts'
export { inline } from './inline.ts'
export { fromJSON, toJSON, type JSONValue, type NodeJSON, type PartJSON, type ProgramJSON } from './json.ts'
export { print, type PrintOptions } from './print.ts'
export { randomProgram, type RandomProgram, type RandomProgramOptions } from './random-program.ts'
export { unreadProgram } from './random-program/unread.ts'
export { Random } from './random-program/random.ts'
export { intern, Type, typeOf } from './type.ts'
export { verify } from './verify.ts'
export { formulaAt, formulaText, type Formula, type Polynomial, type Sizes, type Term } from './generalize/formula.ts'
export { generalize, type NamedProgram } from './generalize/generalize.ts'
export {
  GeneralProgram,
  type GeneralNode,
  type GeneralNumber,
  type GeneralPart,
  type GeneralProgramJSON,
  type GeneralType,
  type GeneralValue,
  type Names,
  type Text,
  type Unsolved,
} from './generalize/general-program.ts'
