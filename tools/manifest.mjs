/** What a package says of itself where its users find it: the manifest, and the README that npm shows as the page of the package. */

const PAGE = 'https://www.npmjs.com/package/'
const WORD = /^[a-z0-9.-]+$/
/** In characters: more than a name, and what lists of packages show without cutting it off. */
const DESCRIPTION = { least: 40, most: 140 }

/**
 * @typedef {object} Published
 * @property {Record<string, any>} manifest
 * @property {string} readme
 * @property {readonly string[]} files paths in the tarball
 * @property {string} folder of the package in the repository
 * @property {unknown} repository what the manifest of the workspace says; packages repeat it, with their folder
 */

/**
 * @param {Published} published
 * @returns {string[]} what is missing or wrong
 */
export function wordsMissing({ manifest, readme, files, folder, repository }) {
  const { name, description = '', keywords = [], homepage, license, sideEffects, exports } = manifest
  const where = typeof repository === 'object' && repository !== null ? { ...repository, directory: folder } : undefined
  const questions = {
    [`description: a sentence of ${DESCRIPTION.least} to ${DESCRIPTION.most} characters without a full stop`]:
      description.length >= DESCRIPTION.least && description.length <= DESCRIPTION.most && !description.endsWith('.'),
    "keywords: 'glissade' and at least three others, lower-case and each once":
      keywords[0] === 'glissade' &&
      keywords.length >= 4 &&
      new Set(keywords).size === keywords.length &&
      keywords.every((/** @type {string} */ word) => WORD.test(word)),
    [`homepage: ${PAGE}${name}`]: homepage === `${PAGE}${name}`,
    [`repository: ${JSON.stringify(where) ?? 'none, as the workspace names none'}`]:
      JSON.stringify(manifest['repository']) === JSON.stringify(where),
    'license: MIT, and its text in the package': license === 'MIT' && files.includes('LICENSE'),
    'sideEffects: false, or the files that have any': sideEffects === false || Array.isArray(sideEffects),
    'README.md in the package': files.includes('README.md'),
    [`README.md: begins with '# ${name}'`]: readme.startsWith(`# ${name}\n`),
    'README.md: says how to install it': installs(name).some((command) => readme.includes(command)),
    'README.md: has a program that imports it':
      exports === undefined || programsOf(readme).some((code) => code.includes(`'${name}`)),
    "README.md: has the headings '## What it can do' and '## What it cannot do'":
      readme.includes('\n## What it can do\n') && readme.includes('\n## What it cannot do\n'),
    ...Object.fromEntries(
      linksOf(readme).map((link) => [
        `README.md: a link that npm cannot follow: ${link}`,
        /^(https:\/\/|#)/.test(link),
      ]),
    ),
  }
  return Object.entries(questions).flatMap(([question, holds]) => (holds ? [] : [question]))
}

/** @param {string} name `@glissade/create-backend` is what `npm create @glissade/backend` runs */
const installs = (name) => [
  ...(name.includes('/create-') ? [`npm create ${name.replace('/create-', '/')} `] : []),
  ...['', '@glissade/core ', '@glissade/core @glissade/cpu ', '--save-dev '].map(
    (before) => `npm install ${before}${name}`,
  ),
]

/** @param {string} markdown */
const linksOf = (markdown) =>
  [...markdown.matchAll(/\]\(([^)\s]+)|(?:href|src)="([^"]+)"/g)].map(([, link, attribute]) => link ?? attribute ?? '')

/**
 * The programs of a page: its blocks of TypeScript that import what they use. The others are parts of programs.
 * @param {string} markdown
 */
export const programsOf = (markdown) =>
  [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)]
    .map(([, code]) => code ?? '')
    .filter((code) => code.includes('import '))
