/** Modules in WebAssembly's text format, for people and for snapshots. */
import type { Code } from './code.ts'
import type { FunctionWriter } from './function.ts'
import type { ModuleWriter } from './module.ts'

const WIDTH = 100

export function print(module: ModuleWriter): string {
  module.complete()
  const names = [...module.imports, ...module.functions].map(({ name }) => name)
  const imports = [...module.imports].map(
    ({ name, params, result }) => `  (import "env" "${name}" (func $${name}${signature(params, result)}))`,
  )
  const exports = module.exports.map(({ name }) => `  (export "${name}" (func $${name}))`)
  const memory = `  (import "env" "memory" (memory 0${module.sharedMemory ? ' 65536 shared' : ''}))`
  return ['(module', ...imports, memory, ...module.functions.map((f) => printFunction(f, names)), ...exports, ')'].join(
    '\n',
  )
}

function signature(params: readonly string[], result: string): string {
  return (params.length === 0 ? '' : ` (param ${params.join(' ')})`) + (result === 'void' ? '' : ` (result ${result})`)
}

function printFunction(f: FunctionWriter, names: readonly string[]): string {
  const locals = f.locals.length === 0 ? [] : [`    (local ${f.locals.join(' ')})`]
  return [
    `  (func $${f.name}${signature(f.params, f.result)}`,
    ...locals,
    ...f.body.map((code) => printCode(code, names, 4)),
    '  )',
  ].join('\n')
}

function printCode(code: Code, names: readonly string[], indent: number): string {
  const pad = ' '.repeat(indent)
  const head = headOf(code, names)
  const args = code.args.map((arg) => printCode(arg, names, indent + 2))
  const nested = [
    ...(code.body === undefined ? [] : block(code.op === 'if' ? 'then' : null, code.body, names, indent)),
    ...(code.otherwise === undefined ? [] : block('else', code.otherwise, names, indent)),
  ]
  const line = `${pad}(${[head, ...args.map((arg) => arg.trimStart())].join(' ')}`
  if (nested.length === 0 && line.length < WIDTH && !line.includes('\n')) return `${line})`
  return [`${pad}(${head}`, ...args, ...nested, `${pad})`].join('\n')
}

function block(name: string | null, codes: readonly Code[], names: readonly string[], indent: number): string[] {
  const inner = codes.map((code) => printCode(code, names, indent + (name === null ? 2 : 4)))
  const pad = ' '.repeat(indent + 2)
  return name === null ? inner : [`${pad}(${name}`, ...inner, `${pad})`]
}

function headOf({ op, immediate, offset, bytes }: Code, names: readonly string[]): string {
  if (op === 'call') return `call $${names[immediate!]}`
  if (op === 'v128.const') return `v128.const i32x4 ${[...new Int32Array(bytes!.slice().buffer)].map(hex).join(' ')}`
  const parts = [op]
  if (offset !== undefined && offset > 0) parts.push(`offset=${offset}`)
  if (immediate !== undefined)
    parts.push(Object.is(immediate, -0) ? '-0' : String(immediate).replace('Infinity', 'inf').replace('NaN', 'nan'))
  if (bytes !== undefined) parts.push([...bytes].join(' '))
  return parts.join(' ')
}

const hex = (x: number): string => (Math.abs(x) < 0x10000 ? String(x) : `0x${(x >>> 0).toString(16)}`)
