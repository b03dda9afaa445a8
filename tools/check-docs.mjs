/**
 * Looks at the words of published packages: every public function, class, constant and method has a comment that says what it is,
 * and the programs of comments and of READMEs compile, run and print what they say. Needs a build.
 */
import { missingIn } from './docs/rules.mjs'
import { runPrograms } from './docs/programs.mjs'
import { publicNames, publishedPackages } from './docs/public.mjs'
import { programsOf } from './manifest.mjs'

const packages = publishedPackages()
const names = publicNames(Object.assign({}, ...packages.map(({ entries }) => entries)))
const missing = names.flatMap((name) => missingIn(name).map((what) => `${name.name} ${what}`))

const examples = names.flatMap(({ name, examples: texts }) =>
  texts.map((text) => ({ name, code: programsOf(`${text}\n`)[0] ?? text, isWhole: false })),
)
const pages = packages.flatMap(({ name, readme }) =>
  programsOf(readme).map((code, i) => ({ name: `README of ${name}, program ${i + 1}`, code, isWhole: true })),
)
const wrong = await runPrograms([...examples, ...pages])

for (const line of [...missing, ...wrong]) console.error(line)
console.log(`${names.length} public names, ${examples.length} examples, ${pages.length} programs of READMEs`)
process.exit(missing.length + wrong.length > 0 ? 1 : 0)
