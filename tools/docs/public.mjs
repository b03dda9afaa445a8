/** What packages export, as editors see it: every name of every entry, with the comment that its declaration carries. */
import { createRequire } from 'node:module'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../install.mjs'

/** The last compiler with an interface for programs. @type {typeof import('typescript-5.9')} */
export const ts = createRequire(import.meta.url)('typescript-5.9')

/**
 * @typedef {object} Name
 * @property {string} name with its entry and its owner: `@glissade/core/optim: SGD.step`
 * @property {'function' | 'class' | 'value' | 'method'} kind
 * @property {string} words the comment without its tags
 * @property {readonly string[]} examples
 * @property {boolean} hasSource whether it links to a page
 * @property {boolean} isHidden whether a constructor has a comment, which editors show in the place of the class's
 * @property {boolean} isDeclared whether there is a place for a comment at all
 * @property {readonly string[]} bases names of the classes above it, and of itself
 */

/** @returns {{ name: string, readme: string, entries: Readonly<Record<string, string>> }[]} published packages, and declarations by entry */
export function publishedPackages() {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const at = join(root, 'packages', folder)
    const { name, private: isPrivate, exports = {} } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
    if (isPrivate) return []
    const declared = Object.entries(exports).filter(([, target]) => target.types !== undefined)
    const entries = Object.fromEntries(declared.map(([path, { types }]) => [name + path.slice(1), join(at, types)]))
    return [{ name, readme: readFileSync(join(at, 'README.md'), 'utf8'), entries }]
  })
}

/**
 * Names that are exported twice, and methods that are inherited, are given once.
 * @param {Readonly<Record<string, string>>} entries
 * @returns {Name[]}
 */
export function publicNames(entries) {
  const program = ts.createProgram(Object.values(entries), {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [],
    lib: ['lib.es2022.d.ts'],
  })
  return new Reader(program.getTypeChecker()).read(program, entries)
}

class Reader {
  #checker
  /** @type {Set<unknown>} */
  #seen = new Set()
  /** @type {Name[]} */
  #names = []

  /** @param {import('typescript-5.9').TypeChecker} checker */
  constructor(checker) {
    this.#checker = checker
  }
  /** @param {import('typescript-5.9').Program} program @param {Readonly<Record<string, string>>} entries */
  read(program, entries) {
    for (const [entry, file] of Object.entries(entries)) {
      const source = program.getSourceFile(file)
      const symbol = source && this.#checker.getSymbolAtLocation(source)
      if (symbol === undefined) throw new Error(`${entry}: no declarations in ${file}; run npm run build`)
      this.#module(`${entry}: `, symbol)
    }
    return this.#names
  }
  /** @param {string} prefix @param {import('typescript-5.9').Symbol} module */
  #module(prefix, module) {
    for (const symbol of this.#checker.getExportsOfModule(module)) this.#exported(prefix, symbol)
  }
  /** @param {string} prefix @param {import('typescript-5.9').Symbol} exported */
  #exported(prefix, exported) {
    const { Alias, Class, Function, Value, ValueModule } = ts.SymbolFlags
    const symbol = exported.flags & Alias ? this.#checker.getAliasedSymbol(exported) : exported
    if (!(symbol.flags & Value) || this.#seen.has(symbol)) return
    this.#seen.add(symbol)
    const name = prefix + exported.name
    if (symbol.flags & ValueModule) this.#module(`${name}.`, symbol)
    else if (symbol.flags & Class) this.#class(name, symbol)
    else this.#add(name, symbol.flags & Function ? 'function' : 'value', symbol)
  }
  /** @param {string} name @param {import('typescript-5.9').Symbol} symbol */
  #class(name, symbol) {
    const type = /** @type {import('typescript-5.9').InterfaceType} */ (this.#checker.getDeclaredTypeOfSymbol(symbol))
    this.#add(name, 'class', symbol, this.#bases(type))
    for (const property of this.#checker.getPropertiesOfType(type)) this.#member(name, property)
    for (const property of this.#checker.getExportsOfModule(symbol)) this.#member(name, property)
  }
  /** @param {import('typescript-5.9').Type} type @returns {string[]} */
  #bases(type) {
    const { symbol } = type
    if (symbol === undefined || !(symbol.flags & ts.SymbolFlags.Class)) return []
    const declared = this.#checker.getDeclaredTypeOfSymbol(symbol)
    const above = declared.isClassOrInterface() ? this.#checker.getBaseTypes(declared) : []
    return [symbol.name, ...above.flatMap((base) => this.#bases(base))]
  }
  /** Methods with names, also those that are declared as fields with the type of a function. @param {string} owner @param {import('typescript-5.9').Symbol} property */
  #member(owner, property) {
    // The same for a method of every class that inherits it, and for one that a mapped type makes anew.
    const declaration = property.declarations?.[0]
    const key = `${declaration?.getSourceFile().fileName}:${declaration?.pos}:${property.name}`
    const { Private, Protected } = ts.ModifierFlags
    const isHidden = declaration !== undefined && ts.getCombinedModifierFlags(declaration) & (Private | Protected)
    if (this.#seen.has(key) || isHidden || property.name.startsWith('__@')) return
    this.#seen.add(key)
    if (property.flags & ts.SymbolFlags.Method || this.#isFunction(this.#checker.getTypeOfSymbol(property)))
      this.#add(`${owner}.${property.name}`, 'method', property)
  }
  /** Modules and the like can be called too, but are named for what they are. @param {import('typescript-5.9').Type} type */
  #isFunction(type) {
    return type.getCallSignatures().length > 0 && type.getProperties().length === 0
  }
  /** @param {string} name @param {Name['kind']} kind @param {import('typescript-5.9').Symbol} symbol @param {readonly string[]} [bases] */
  #add(name, kind, symbol, bases = []) {
    const tags = symbol.getJsDocTags(this.#checker).map((tag) => [tag.name, ts.displayPartsToString(tag.text)])
    const words = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).trim()
    this.#names.push({
      name,
      kind,
      words,
      examples: tags.filter(([tag]) => tag === 'example').map(([, text]) => (text ?? '').trim()),
      hasSource: /https:\/\//.test([words, ...tags.map(([, text]) => text)].join('\n')),
      isHidden: kind === 'class' && hasConstructorWords(symbol),
      isDeclared: symbol.declarations !== undefined,
      bases,
    })
  }
}

/** @param {import('typescript-5.9').Symbol} symbol */
const hasConstructorWords = ({ declarations = [] }) =>
  declarations
    .filter((declaration) => ts.isClassDeclaration(declaration))
    .flatMap(({ members }) => members.filter((member) => ts.isConstructorDeclaration(member)))
    .some((member) => ts.getJSDocCommentsAndTags(member).length > 0)
