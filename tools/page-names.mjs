/**
 * Run where packages are installed, with the path of docs/pytorch-names.md: imports every name that the page says is imported, and
 * looks for every member in an instance. Prints how many there are; what is not there is an error.
 */
import { readFile } from 'node:fs/promises'

/** @param {string} entry @returns {Promise<any>} */
const load = (entry) => import(entry)
const core = await load('@glissade/core')
const nn = await load('@glissade/core/nn')
const optim = await load('@glissade/core/optim')
const { cpu } = await load('@glissade/cpu')
core.setDefaultDevice(cpu())
class Net extends nn.Module {
  forward() {}
}
const optimizer = new optim.SGD([new nn.Parameter(core.zeros([1]))])
/** @type {Record<string, object>} */
const instances = {
  tensors: core.zeros([1]),
  modules: new Net(),
  optimizers: optimizer,
  schedulers: new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: () => 1 }),
  generators: core.defaultGenerator,
}

/** Everything that must have a name: "From `@glissade/core`, and a method of tensors". @param {string} where */
async function homesOf(where) {
  const entries = [...where.matchAll(/(?:`(\w+)` of )?`(@glissade\/[\w/]+)`/g)]
  const imported = entries.map(async ([, part, entry]) => {
    const all = await load(/** @type {string} */ (entry))
    return part === undefined ? all : all[part]
  })
  const members = /(?:methods?|members?) of (\w+)/i.exec(where)
  return [
    ...(await Promise.all(imported)),
    ...(members === null ? [] : [instances[/** @type {string} */ (members[1])]]),
  ]
}

const GROUP = /^\*\*((?:From|Methods|Members|`).*?)\*\* \((\d+)\): (.*)$/gm
const ROW = /^\| `\w+` \| `(\w+)` \| ((?:From|Methods|Members).*?) \|/gm
const page = await readFile(/** @type {string} */ (process.argv[2]), 'utf8')
/** @type {[where: string, names: string[]][]} */
const groups = [
  ...[...page.matchAll(ROW)].map(([, name, where]) => /** @type {[string, string[]]} */ ([where, [name]])),
  ...[...page.matchAll(GROUP)].map(([, where, count, list]) => {
    const names = [.../** @type {string} */ (list).matchAll(/`(\w+)`/g)].map(([, name]) => /** @type {string} */ (name))
    if (names.length !== Number(count)) throw new Error(`${where}: ${count} names are ${names.length}`)
    return /** @type {[string, string[]]} */ ([where, names])
  }),
]
let count = 0
for (const [where, names] of groups) {
  const homes = await homesOf(where)
  if (homes.length === 0) throw new Error(`nobody knows where that is: ${where}`)
  const absent = names.filter((name) => !homes.every((home) => name in home))
  if (absent.length > 0) throw new Error(`not there: ${where}: ${absent.join(' ')}`)
  count += names.length
}
if (count === 0) throw new Error('the page has no names')
console.log(`${count} names of docs/pytorch-names.md are where it says`)
