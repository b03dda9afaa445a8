/** `@glissade/core/ir`: programs as data, for tools and test kits. Backends need only `@glissade/core/backend`. */
export { composites } from './composites/index.ts'
export { fromJSON, verify } from './composites/programs.ts'
export { Builder, Sym, type Operand } from './ir/builder.ts'
export { traceComposite, type CompositeDefinition, type CompositeGradient, type Trace } from './ir/composite.ts'
export { definitions, evaluate, type Definition, type EvaluateOptions, type Value } from './ir/evaluate.ts'
export { infer, isPrimitive } from './ir/infer.ts'
export { inline } from './ir/inline.ts'
export { toJSON, type JSONValue, type NodeJSON, type PartJSON, type ProgramJSON } from './ir/json.ts'
export { operationOf } from './ir/operation.ts'
export { print, type PrintOptions } from './ir/print.ts'
export { randomProgram, type RandomProgram, type RandomProgramOptions } from './ir/random-program.ts'
export { unreadProgram } from './ir/random-program/unread.ts'
export { Random } from './ir/random-program/random.ts'
export { intern, Type, typeOf } from './ir/type.ts'
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
