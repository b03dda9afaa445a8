/**
 * Runs programs of the docs on the packages as they are built: type-checked together, then run, and what they print is compared
 * with the comment behind each `console.log`. Of several lines that one prints, the comment has all: `// 1, 2, 3`.
 */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execIn } from '../packed.mjs'
import { root } from '../install.mjs'
import { ts } from './public.mjs'

/**
 * @typedef {object} Program
 * @property {string} name of what it is the example of
 * @property {string} code
 * @property {boolean} isWhole it sets its device itself; the others are given the cpu backend and seed 0
 */

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2022.d.ts'],
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  strict: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  noEmit: true,
}

/** @param {readonly Program[]} programs @returns {Promise<string[]>} what is wrong, by program */
export async function runPrograms(programs) {
  const folder = await mkdtemp(join(tmpdir(), 'glissade-docs-'))
  try {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await mkdir(join(folder, 'node_modules/@glissade'), { recursive: true })
    for (const name of await readdir(join(root, 'packages')))
      await symlink(join(root, 'packages', name), join(folder, 'node_modules/@glissade', name), 'junction')
    const sources = programs.map(({ code }, i) => ({ path: join(folder, `program-${i}.ts`), code }))
    await Promise.all(sources.map(({ path, code }) => writeFile(path, `${code}\nexport {}\n`)))
    const wrong = typeErrors(sources.map(({ path }) => path)).map(([i, message]) => `${programs[i]?.name}: ${message}`)
    return [...wrong, ...(await printed(folder, programs))]
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** @param {string[]} paths @returns {[number, string][]} */
function typeErrors(paths) {
  const program = ts.createProgram(paths, OPTIONS)
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n')
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
    return [paths.indexOf(file?.fileName ?? ''), `line ${line}: ${text}`]
  })
}

/** Parts of programs share one process, whole ones have one each. @param {string} folder @param {readonly Program[]} programs */
async function printed(folder, programs) {
  const calls = programs.map(({ code }) => callsIn(code))
  await Promise.all(
    programs.map(({ code }, i) => writeFile(join(folder, `program-${i}.mjs`), runnable(code, calls[i] ?? [], i))),
  )
  await writeFile(join(folder, 'run.mjs'), RUNNER)
  const together = programs.flatMap(({ isWhole }, i) => (isWhole ? [] : [i]))
  const alone = programs.flatMap(({ isWhole }, i) => (isWhole ? [[i]] : []))
  /** @type {string[]} */
  const wrong = []
  for (const numbers of [together, ...alone]) {
    if (numbers.length === 0) continue
    const prepares = numbers === together ? 'prepare' : 'alone'
    const said = JSON.parse(
      (await execIn(folder, process.execPath, 'run.mjs', prepares, ...numbers.map(String))).split(MARK)[1] ?? '',
    )
    for (const i of numbers) {
      const { error, lines } = said[i]
      const name = programs[i]?.name
      if (error !== undefined) wrong.push(`${name}: ${error}`)
      for (const [k, { wanted, line }] of (calls[i] ?? []).entries()) {
        const got = (lines[k] ?? []).join(', ')
        if (error === undefined && normal(got) !== normal(wanted))
          wrong.push(`${name}: line ${line} prints '${got}', but the comment says '${wanted}'`)
      }
    }
  }
  return wrong
}

const MARK = '\n---- printed ----\n'
const RUNNER = `
import { format } from 'node:util'
const [prepares, ...numbers] = process.argv.slice(2)
const said = {}
globalThis.printing = (i, k) => (...values) => ((said[i].lines[k] ??= []).push(format(...values)))
const { manualSeed, setDefaultDevice } = await import('@glissade/core')
const { cpu } = await import('@glissade/cpu')
for (const i of numbers) {
  said[i] = { lines: {} }
  if (prepares === 'prepare') {
    setDefaultDevice(cpu())
    manualSeed(0)
  }
  try {
    await import(\`./program-\${i}.mjs\`)
  } catch (error) {
    said[i].error = error.stack
  }
}
console.log(${JSON.stringify(MARK)} + JSON.stringify(said) + ${JSON.stringify(MARK)})
`

/** @param {string} text */
const normal = (text) => text.replaceAll(/\s+/g, ' ').trim()

/**
 * @typedef {object} Call of `console.log`
 * @property {number} start
 * @property {number} end
 * @property {number} line
 * @property {string} wanted what the comment behind it says
 */
/** @param {string} code @returns {Call[]} */
function callsIn(code) {
  const source = ts.createSourceFile('program.ts', code, ts.ScriptTarget.Latest, true)
  /** @type {Call[]} */
  const calls = []
  /** @param {import('typescript-5.9').Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'console.log') {
      const [, wanted = ''] = /^[^\n]*?\/\/ (.*)/.exec(code.slice(node.getEnd())) ?? []
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      calls.push({ start: node.expression.getStart(), end: node.expression.getEnd(), line: line + 1, wanted })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return calls
}

/** Says who prints. @param {string} code @param {readonly Call[]} calls @param {number} program */
function runnable(code, calls, program) {
  let text = code
  for (const [k, { start, end }] of [...calls.entries()].toReversed())
    text = `${text.slice(0, start)}globalThis.printing(${program}, ${k})${text.slice(end)}`
  const { target } = OPTIONS
  return ts.transpileModule(text, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText
}
