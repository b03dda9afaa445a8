/** The starter: short, refusing to overwrite, and conforming as it stands when a stranger installs it from packages. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { create } from '../src/create.ts'

const run = promisify(execFile)
const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))
const fresh = (): Promise<string> => mkdtemp(join(tmpdir(), 'glissade-starter-'))
const LONG = 300_000

describe('create', () => {
  test('storage, kernels and the test are under 300 lines in all', async () => {
    const folder = join(await fresh(), 'my-backend')
    await create(folder)
    const files = ['src/index.ts', 'src/kernels.ts', 'test/conformance.test.ts']
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
    expect(texts.join('').trimEnd().split('\n').length).toBeLessThan(300)
    for (const line of texts.join('').split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })
  test('the name of the folder becomes the name of the package and of the backend', async () => {
    const folder = join(await fresh(), 'metal-2')
    const files = await create(folder)
    expect(files).toContain('.gitignore')
    expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({ name: 'metal-2' })
    const all = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
    expect(all.join('')).not.toContain('{{')
    expect(all.join('')).toContain("name: 'metal-2'")
  })
  test('a folder with something in it is left alone', async () => {
    const folder = join(await fresh(), 'taken')
    await mkdir(folder)
    await writeFile(join(folder, 'thesis.txt'), 'mine')
    await expect(create(folder)).rejects.toThrow('is not empty (it has thesis.txt)')
    expect(await readdir(folder)).toEqual(['thesis.txt'])
  })
  test('a name that npm refuses is refused before anything is written', async () => {
    const parent = await fresh()
    await expect(create(join(parent, 'My Backend'))).rejects.toThrow("'My Backend' is no name for a package")
    expect(await readdir(parent)).toEqual([])
  })
})

describe('as a stranger has it: packed, installed into an empty folder', () => {
  let folder: string
  let exec: (command: string, ...args: string[]) => Promise<string>
  beforeAll(async () => {
    const parent = await fresh()
    const tarballs: Record<string, string> = {}
    // What is packed is built from the sources as they are now.
    await run('npx', ['tsc', '-b', 'core', 'conformance', 'conformance/src/cli', 'create-backend'], { cwd: PACKAGES })
    for (const name of ['core', 'conformance', 'create-backend']) {
      const { stdout } = await run('npx', ['-y', 'pnpm@12.4.2', 'pack', '--json', '--pack-destination', parent], {
        cwd: join(PACKAGES, name),
      })
      tarballs[`@glissade/${name}`] = `file:${(JSON.parse(stdout) as { filename: string }).filename}`
    }
    // The generator itself out of its tarball: what npm leaves out of a package is missing here.
    const maker = join(parent, 'maker')
    await mkdir(maker)
    await writeFile(
      join(maker, 'package.json'),
      JSON.stringify({
        private: true,
        dependencies: { '@glissade/create-backend': tarballs['@glissade/create-backend'] },
      }),
    )
    await run('npm', ['install', '--no-audit', '--no-fund'], { cwd: maker })
    folder = join(parent, 'my-backend')
    await run('npx', ['create-backend', folder], { cwd: maker })
    // Not published yet: the two packages come from their tarballs.
    const path = join(folder, 'package.json')
    const json = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, string>>
    json['dependencies']!['@glissade/core'] = tarballs['@glissade/core']!
    json['devDependencies']!['@glissade/conformance'] = tarballs['@glissade/conformance']!
    await writeFile(path, JSON.stringify({ ...json, overrides: { '@glissade/core': tarballs['@glissade/core'] } }))
    exec = async (command, ...args) => {
      const { stdout, stderr } = await run(command, args, { cwd: folder, maxBuffer: 2 ** 26 })
      return stdout + stderr
    }
    await exec('npm', 'install', '--no-audit', '--no-fund')
  }, LONG)

  test(
    'npm test passes',
    async () => {
      await expect(exec('npm', 'test')).resolves.toBeTypeOf('string')
    },
    LONG,
  )
  test(
    'the command gives a report and says that it conforms',
    async () => {
      const said = await exec('npm', 'run', 'report')
      expect(said).toMatch(
        /my-backend conforms: \d{4,} pass, 0 fail, \d+ excused, 0 known, 0 stale \| runs, trains, exact SGD/,
      )
      expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain(
        'my-backend <span class="verdict yes">conforms',
      )
    },
    LONG,
  )
  test(
    'a broken kernel fails the command, which says where',
    async () => {
      const path = join(folder, 'src/kernels.ts')
      const text = await readFile(path, 'utf8')
      await writeFile(path, text.replace('maximum: [Math.max]', 'maximum: [(x, y) => (x > y ? x : y)]'))
      const failure = await exec('npm', 'run', 'report').then(
        () => null,
        (error: { code: number; stdout: string }) => error,
      )
      expect(failure).toMatchObject({ code: 1 })
      expect(failure!.stdout).toContain('maximum(NaN, Infinity) = Infinity, want NaN')
      await writeFile(path, text)
    },
    LONG,
  )
  test(
    'the composites of the page make it fused',
    async () => {
      const page = await readFile(join(PACKAGES, '../docs/write-a-backend.md'), 'utf8')
      const block = (title: string): string => page.split(`\`\`\`ts ${title}\n`)[1]!.split('\n```')[0]!
      await writeFile(join(folder, 'src/composites.ts'), block('src/composites.ts'))
      // The lines of the page replace those that begin alike.
      const path = join(folder, 'src/index.ts')
      const edited = block('edit src/index.ts')
        .split('\n')
        .reduce(
          (text, line) => {
            const beginning = line.slice(0, line.indexOf(line.includes('=') ? '=' : ':'))
            const lines = text.split('\n')
            const at = lines.findIndex((other) => other.startsWith(beginning))
            expect(at).toBeGreaterThanOrEqual(0)
            return lines.with(at, line).join('\n')
          },
          await readFile(path, 'utf8'),
        )
      await writeFile(path, `import { composites } from './composites.js'\n${edited}`)
      expect(await exec('npm', 'run', 'report')).toMatch(
        /my-backend conforms: .* 0 fail, .* \| runs, trains, exact SGD, fused/,
      )
    },
    LONG,
  )
})
