/**
 * Programs of strangers beside packed packages. They are compiled: all that the packages export, and the programs of the docs. What the
 * declarations of packages say is checked too (`skipLibCheck` is off), by every compiler and way of finding modules that the
 * README promises, with and without the declarations of browsers and of Node. And one runs, which imports what the docs name.
 */
import { copyFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './install.mjs'
import { execIn, installWith } from './packed.mjs'

/** The oldest compiler that is promised, the last one written in JavaScript, and the one of this workspace. */
const COMPILERS = {
  5.4: 'tools/node_modules/typescript-5.4/bin/tsc',
  5.9: 'tools/node_modules/typescript-5.9/bin/tsc',
  7: 'node_modules/typescript/bin/tsc',
}
/** Ways of finding modules, and the kind of modules that each goes with. The older `node10` knows no exports of packages. */
const RESOLUTIONS = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' }
const SURROUNDINGS = {
  nothing: { lib: ['es2022'], types: [] },
  Node: { lib: ['es2022'], types: ['node'] },
  browser: { lib: ['es2022', 'dom'], types: [] },
  both: { lib: ['es2022', 'dom'], types: ['node'] },
}
/** What may be stricter than `strict`, and reaches declarations. */
const STRICTEST = { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true }

/**
 * @typedef {object} Project
 * @property {string} name
 * @property {string} compiler
 * @property {object} options
 * @property {string[]} files
 */

/** Every compiler sees every way of finding modules and all surroundings, which do not depend on each other. @returns {Project[]} */
function projects() {
  const seed = (/** @type {string} */ place) => (place === 'nothing' ? [] : ['seed.ts'])
  return Object.entries(COMPILERS).flatMap(([version, compiler]) => {
    const project = (/** @type {keyof typeof RESOLUTIONS} */ way, /** @type {keyof typeof SURROUNDINGS} */ place) => ({
      name: `TypeScript ${version}, ${way}, with ${place}`,
      compiler: join(root, compiler),
      options: { ...SURROUNDINGS[place], ...STRICTEST, module: RESOLUTIONS[way], moduleResolution: way },
      files: ['exports.ts', 'types.ts', ...seed(place)],
    })
    return [
      project('node16', 'Node'),
      project('bundler', 'browser'),
      project('nodenext', 'nothing'),
      project('nodenext', 'both'),
    ]
  })
}

/**
 * @param {string} folder empty; the programs go here
 * @param {Readonly<Record<string, string>>} tarballs by package name: what a `package.json` says to install it
 * @param {readonly string[]} entries what can be imported: `@glissade/core/nn`
 * @returns {Promise<string[]>} what compilers had to say, by project; nothing where all is well
 */
export async function compileConsumers(folder, tarballs, entries) {
  const dependencies = { ...Object.fromEntries(Object.keys(tarballs).map((name) => [name, ''])), '@types/node': '20' }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await installWith(folder, tarballs)
  const all = entries.map((entry, i) => `export * as entry${i} from '${entry}'`)
  await writeFile(join(folder, 'exports.ts'), all.join('\n'))
  for (const program of ['types.ts', 'seed.ts'])
    await copyFile(join(root, 'apps/examples/src', program), join(folder, program))

  const waiting = projects()
  /** @type {string[]} */
  const complaints = []
  const work = async () => {
    for (let project = waiting.shift(); project !== undefined; project = waiting.shift())
      complaints.push(...(await compile(folder, project)))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return complaints
}

/**
 * Imports every name that docs/pytorch-names.md says is there.
 * @param {string} folder where `compileConsumers` was
 * @returns {Promise<string[]>} what is not there
 */
export async function importNames(folder) {
  const program = 'page-names.mjs'
  await copyFile(join(root, 'tools', program), join(folder, program))
  try {
    await execIn(folder, process.execPath, program, join(root, 'docs/pytorch-names.md'))
    return []
  } catch (error) {
    return [/** @type {Error} */ (error).message]
  }
}

/** @param {string} folder @param {Project} project @returns {Promise<string[]>} */
async function compile(folder, { name, compiler, options, files }) {
  // Beside the programs, whose packages it finds.
  const config = join(folder, `${name.replaceAll(/\W+/g, '-')}.json`)
  const compilerOptions = { target: 'es2022', strict: true, skipLibCheck: false, noEmit: true, ...options }
  await writeFile(config, JSON.stringify({ compilerOptions, files }))
  try {
    await execIn(folder, process.execPath, compiler, '-p', config)
    return []
  } catch (error) {
    return [`${name}\n${/** @type {Error} */ (error).message}`]
  }
}
