/** A published backend never breaks: starters as earlier versions gave them, built and packed then, on core of now. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fromJSON } from '@glissade/conformance'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execIn, installWith, pack } from '../../../tools/packed.mjs'

const RELEASED = fileURLToPath(new URL('../released', import.meta.url))
const LONG = 300_000
/** What kits since then say that a backend should do. */
const ASKED_SINCE = [
  'should eager/errors/float32/[5]/a destroyed device refuses to write, run and settle, with a StateError',
  'should eager/errors/float32/[5]/a released storage is refused, with a StateError',
]
const versions = (await readdir(RELEASED)).filter((file) => file.endsWith('.tgz')).map((file) => file.slice(0, -4))

test('the starters of this version are kept', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  expect(versions, 'node tools/freeze-starter.mjs').toEqual(expect.arrayContaining([version, `${version}-async`]))
})

describe.each(versions)('the starter of %s, with core and the kit of now', (version) => {
  let parent = ''
  let folder = ''
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'glissade-released-'))
    await execIn(parent, 'tar', '-xzf', join(RELEASED, `${version}.tgz`))
    folder = join(parent, 'package')
    await installWith(folder, await pack(['core', 'conformance'], parent))
  }, LONG)
  afterAll(() => rm(parent, { recursive: true, force: true }))

  test(
    'as it was built, it conforms',
    async () => {
      const said = await execIn(folder, 'npx', 'conformance', 'dist/src/index.js', '--report', 'report.json')
      expect(said).toMatch(
        /conforms: [\d,]{5,} of [\d,]+ cases ran, [\d,]+ passed, (\d failed, )?[\d,]+ were excused \(.*\) \| runs, trains, exact SGD/,
      )
      const { results } = fromJSON(await readFile(join(folder, 'report.json'), 'utf8'))
      const failed = results.filter(({ status }) => status === 'fail')
      expect(failed.map(({ level, id }) => `${level} ${id}`)).toEqual(version.endsWith('-async') ? [] : ASKED_SINCE)
      // It runs two composites by kernels of its own.
      if (version !== '0.0.0-without-composites') expect(said).toContain(', fused')
    },
    LONG,
  )
  test(
    'its sources compile',
    async () => {
      // As the starter's own tsconfig has it, which is not published.
      const options = '--noEmit --strict --module nodenext --target es2022 --lib es2023 --skipLibCheck --types node'
      await expect(execIn(folder, 'npx', 'tsc', ...options.split(' '), 'src/index.ts')).resolves.toBe('')
    },
    LONG,
  )
})
