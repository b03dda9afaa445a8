/** What the comment of a public name must have. */

/**
 * Whose comments must show how they are used: what a first program is made of.
 * @type {Readonly<Record<string, (name: import('./public.mjs').Name) => boolean>>}
 */
const SHOWN = {
  optimizers: ({ kind, bases }) => kind === 'class' && bases.includes('Optimizer'),
  schedulers: ({ kind, bases }) => kind === 'class' && bases.includes('Scheduler'),
  losses: ({ kind, name }) => kind === 'class' && /: \w+Loss$/.test(name),
  'compiled functions': ({ name }) => name === '@glissade/core: compile',
  backends: ({ name }) => name === '@glissade/cpu: cpu' || name === '@glissade/wasm: wasm',
}
/**
 * What PyTorch has a page of, which a comment links to.
 * @type {readonly ((name: import('./public.mjs').Name) => boolean)[]}
 */
const SOURCED = [
  ({ kind, bases }) => kind === 'class' && bases.some((base) => ['Module', 'Optimizer', 'LRScheduler'].includes(base)),
  ({ kind, name }) => kind === 'function' && name.startsWith('@glissade/core/functional: '),
]
/** Bases that nobody makes an object of. */
const ABSTRACT = /: (Optimizer|lrScheduler\.(LR)?Scheduler)$/
/** The primitives, whose table is the contract with backends: methods that a type makes of lists of names. */
const PRIMITIVE = /^@glissade\/core\/ir: Sym\./

/** @param {import('./public.mjs').Name} name @returns {string[]} what is missing */
export function missingIn(name) {
  if (!name.isDeclared && PRIMITIVE.test(name.name)) return []
  const shown = Object.entries(SHOWN).find(([, holds]) => holds(name))
  return [
    ...(saysSomething(name) ? [] : [name.words === '' ? 'has no comment' : `says nothing: '${first(name.words)}'`]),
    ...(name.hasSource || !SOURCED.some((holds) => holds(name))
      ? []
      : ['has no source: the page of PyTorch, or the paper']),
    ...(name.isHidden ? ['has a comment on its constructor, which editors show instead: let the class say it'] : []),
    ...(shown === undefined || ABSTRACT.test(name.name) || name.examples.length > 0
      ? []
      : [`has no @example, as all ${shown[0]} have`]),
  ]
}

/** The first sentence. @param {string} words */
const first = (words) => (words.split('\n\n')[0] ?? '').replaceAll('\n', ' ').split(/(?<=\.)\s/)[0] ?? ''

/** Words that add nothing to a name. */
const FILLING = new Set(['the', 'an', 'function', 'method', 'class', 'this', 'returns', 'gives', 'of', 'is'])
/** Words, numbers and signs of formulas. */
const PART = /[A-Za-z]+|\d+|[-+*/^|<>=]/g

/** Whether the first sentence is one, and says more than the name does. @param {import('./public.mjs').Name} name */
function saysSomething({ name, words }) {
  const sentence = first(words)
  if (/^(Source|Errors|Default)\b/.test(sentence) || !/[.:]$/.test(sentence)) return false
  const own = (name.split(/[.:] ?/).at(-1) ?? '').toLowerCase()
  const parts = new Set((sentence.match(PART) ?? []).map((part) => part.toLowerCase()))
  return [...parts].filter((part) => part !== own && !FILLING.has(part)).length >= 3
}
