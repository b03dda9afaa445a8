/** The starter: short, refusing to overwrite, and conforming as it stands when a stranger installs it from packages. */
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { execIn, generate, installWith, pack } from '../../../tools/packed.mjs'
import { create } from '../src/create.ts'

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url))
const fresh = (): Promise<string> => mkdtemp(join(tmpdir(), 'glissade-starter-'))
const LONG = 600_000

describe('create', () => {
  test('storage, kernels, composites and the test are under 300 lines in all', async () => {
    const folder = join(await fresh(), 'my-backend')
    await create(folder)
    const files = ['src/index.ts', 'src/kernels.ts', 'src/composites.ts', 'test/conformance.test.ts']
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
  let tarballs: Record<string, string>
  const exec = (command: string, ...args: string[]): Promise<string> => execIn(folder, command, ...args)
  /** The cases of one operation alone. */
  const reportOf = (only: string): Promise<string> => exec('npm', 'run', 'report', '--', '--only', only)
  beforeAll(async () => {
    const parent = await fresh()
    tarballs = await pack(['core', 'codegen', 'conformance', 'create-backend'], parent)
    folder = join(parent, 'my-backend')
    await generate(folder, tarballs)
    await installWith(folder, tarballs)
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
        /my-backend conforms: [\d,]{5,} of [\d,]+ cases ran, [\d,]+ passed, [\d,]+ were excused \(.*\) \| runs, trains, exact SGD, fused/,
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
      try {
        await expect(reportOf('*/maximum/*')).rejects.toThrow(
          /ended with 1\n[^]*maximum\(NaN, Infinity\) = Infinity, want NaN/,
        )
      } finally {
        await writeFile(path, text)
      }
    },
    LONG,
  )
  /** The composite of section 4, then the loops of section 5: each is a file, and lines in the place of those that begin alike. */
  const written = async (name: string, file: string, into: string, section: string): Promise<void> => {
    const page = await readFile(join(PACKAGES, '../docs/write-a-backend.md'), 'utf8')
    const part = page.split(`\n## ${section}`)[1]!.split('\n## ')[0]!
    const block = (title: string): string => part.split(`\`\`\`ts ${title}\n`)[1]!.split('\n```')[0]!
    await writeFile(join(folder, `src/${file}.ts`), block(`src/${file}.ts`))
    const path = join(folder, `src/${into}.ts`)
    const edited = block(`edit src/${into}.ts`)
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
    await writeFile(path, `import { ${name} } from './${file}.js'\n${edited}`)
  }
  const FUSED = /my-backend conforms: .* ([\d,]+) passed, .* \| runs, trains, exact SGD, fused/
  const passedIn = (said: string): number => Number(FUSED.exec(said)![1]!.replaceAll(',', ''))
  let composed = 0
  test(
    'a broken kernel of a composite fails the command, which says of which',
    async () => {
      const path = join(folder, 'src/composites.ts')
      const text = await readFile(path, 'utf8')
      await writeFile(path, text.replace('- max) / sum', '- max) / (sum + 0.01)'))
      try {
        await expect(reportOf('*/softmax/*')).rejects.toThrow(
          /ended with 1\n[^]*output 0\[0\] of softmax \(ordinary\) = /,
        )
      } finally {
        await writeFile(path, text)
      }
    },
    LONG,
  )
  test(
    'the compiler knows the attributes of composites, and their names',
    async () => {
      const path = join(folder, 'src/composites.ts')
      const text = await readFile(path, 'utf8')
      const tsc = (): Promise<string> => exec('npx', 'tsc', '--noEmit')
      await writeFile(path, text.replace('({ axis }, [x])', '({ dim }, [x])'))
      await expect(tsc()).rejects.toThrow("Property 'dim' does not exist")
      await writeFile(path, text.replace('{ sgd, softmax }', '{ sgd, softmx: softmax }'))
      await expect(tsc()).rejects.toThrow("'softmx' does not exist in type 'CompositeKernels'")
      await writeFile(path, text.replace('{ sgd, softmax }', "{ sgd, softmax, 'acme/softmax': softmax }"))
      await expect(tsc()).resolves.toBe('')
      await writeFile(path, text)
    },
    LONG,
  )
  test(
    'the composite of the page is run too',
    async () => {
      await written('silu', 'silu', 'composites', '4. A composite of your own')
      const said = await exec('npm', 'run', 'report')
      expect(said).toMatch(FUSED)
      expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('silu')
      composed = passedIn(said)
    },
    LONG,
  )
  test(
    'the loops of the page, over plans of codegen, pass all that the kit has of loops',
    async () => {
      await written('loopOver', 'loop', 'index', '5. Fused loops')
      const path = join(folder, 'package.json')
      const manifest = JSON.parse(await readFile(path, 'utf8')) as { dependencies?: object }
      const dependencies = { ...manifest.dependencies, '@glissade/codegen': '' }
      await writeFile(path, JSON.stringify({ ...manifest, dependencies }))
      await installWith(folder, tarballs)
      const said = await exec('npm', 'run', 'report')
      expect(said).toMatch(FUSED)
      expect(passedIn(said)).toBeGreaterThan(composed + 500)
    },
    LONG,
  )
})
