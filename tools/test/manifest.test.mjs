/** What packages must say of themselves: each of the rules is broken once. */
import { expect, test } from 'vitest'
import { wordsMissing } from '../manifest.mjs'

const published = {
  manifest: {
    name: '@glissade/abacus',
    description: 'A backend that counts beads, for the tests of the tools',
    keywords: ['glissade', 'backend', 'beads', 'test'],
    homepage: 'https://www.npmjs.com/package/@glissade/abacus',
    license: 'MIT',
    sideEffects: false,
    exports: { '.': './index.js' },
  },
  readme: [
    '# @glissade/abacus',
    '```sh\nnpm install @glissade/core @glissade/abacus\n```',
    "```ts\nimport { abacus } from '@glissade/abacus'\n```",
    '## What it can do\n\n[Count](https://example.com).',
    '## What it cannot do\n\nMuch.\n',
  ].join('\n\n'),
  files: ['LICENSE', 'README.md', 'package.json'],
  folder: 'packages/abacus',
  repository: undefined,
}
const { manifest, readme } = published

test('a package that says all of it has nothing missing', () => {
  expect(wordsMissing(published)).toEqual([])
})

test.each([
  ['description', { manifest: { ...manifest, description: 'A backend.' } }],
  ['keywords', { manifest: { ...manifest, keywords: ['glissade'] } }],
  ['homepage', { manifest: { ...manifest, homepage: 'https://example.com' } }],
  ['repository', { manifest: { ...manifest, repository: 'somewhere/else' } }],
  ['repository', { repository: { type: 'git', url: 'https://example.com/glissade.git' } }],
  ['license', { files: ['README.md'] }],
  ['sideEffects', { manifest: { ...manifest, sideEffects: undefined } }],
  ['README.md in the package', { files: ['LICENSE'] }],
  ['begins with', { readme: readme.replace('# @glissade/abacus', '# Abacus') }],
  ['install', { readme: readme.replace('npm install', 'make') }],
  ['a program', { readme: readme.replace('import ', 'require ') }],
  ['headings', { readme: readme.replace('## What it cannot do', '## More') }],
  ['a link', { readme: readme.replace('https://example.com', '../core/README.md') }],
])('%s is missed', (rule, change) => {
  const missing = wordsMissing({ ...published, ...change })
  expect(missing).toEqual([expect.stringContaining(rule)])
})

test('with a repository in the workspace every package names it and its folder', () => {
  const repository = { type: 'git', url: 'https://example.com/glissade.git' }
  const named = { ...manifest, repository: { ...repository, directory: 'packages/abacus' } }
  expect(wordsMissing({ ...published, repository, manifest: named })).toEqual([])
})
