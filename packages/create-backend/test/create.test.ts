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
  test.each([
    [false, 'index kernels composites'],
    [true, 'index device prepare kernels composites'],
  ])('with async: %s the code is under 300 lines in all', async (isAsync, sources) => {
    const folder = join(await fresh(), 'my-backend')
    const written = await create(folder, { async: isAsync })
    const files = [...sources.split(' ').map((name) => `src/${name}.ts`), 'test/conformance.test.ts']
    expect(written.filter((file) => file.endsWith('.ts')).toSorted()).toEqual(files.toSorted())
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
    expect(texts.join('').trimEnd().split('\n').length).toBeLessThan(300)
    for (const line of texts.join('').split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })
  test.each([false, true])(
    'the name of the folder becomes that of the package and the backend; async: %s',
    async (isAsync) => {
      const folder = join(await fresh(), 'metal-2')
      const files = await create(folder, { async: isAsync })
      expect(files).toContain('.gitignore')
      expect(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).toMatchObject({ name: 'metal-2' })
      const all = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
      expect(all.join('')).not.toContain('{{')
      expect(all.join('')).toContain("name: 'metal-2'")
    },
  )
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

let tarballs: Record<string, string>
beforeAll(async () => {
  tarballs = await pack(['core', 'codegen', 'conformance', 'create-backend'], await fresh())
}, LONG)
/** A starter as a stranger has it: packed, and installed into an empty folder. */
async function installed(name: string, ...options: string[]): Promise<string> {
  const folder = join(await fresh(), name)
  await generate(folder, tarballs, ...options)
  await installWith(folder, tarballs)
  return folder
}
const page = await readFile(join(PACKAGES, '../docs/write-a-backend.md'), 'utf8')

describe('the starter, as a stranger has it', () => {
  let folder: string
  const exec = (command: string, ...args: string[]): Promise<string> => execIn(folder, command, ...args)
  /** The cases of one operation alone. */
  const reportOf = (only: string): Promise<string> => exec('npm', 'run', 'report', '--', '--only', only)
  beforeAll(async () => {
    folder = await installed('my-backend')
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
          /ended with 1\n[^]*softmax alone, output 0\[0\] = [^]*costs: runs, trains, fused/,
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

describe('the asynchronous starter, as a stranger has it', () => {
  let folder: string
  const exec = (command: string, ...args: string[]): Promise<string> => execIn(folder, command, ...args)
  beforeAll(async () => {
    folder = await installed('my-device', '--async')
  }, LONG)

  test(
    'npm test passes',
    async () => {
      await expect(exec('npm', 'test')).resolves.toBeTypeOf('string')
    },
    LONG,
  )
  test(
    'npm run report says that it conforms, as a page too',
    async () => {
      const said = await exec('npm', 'run', 'report')
      expect(said).toMatch(/my-device conforms: .* \| runs, trains, exact SGD, fused/)
      expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain(
        'my-device <span class="verdict yes">conforms',
      )
    },
    LONG,
  )
  test(
    'what layout gives is printed as the page says',
    async () => {
      const [code, prints] = ['js', 'text'].map((kind) => page.split(`\`\`\`${kind} layout.mjs\n`)[1]!.split('```')[0]!)
      await writeFile(join(folder, 'layout.mjs'), code!)
      expect(await exec('node', 'layout.mjs')).toBe(prints)
    },
    LONG,
  )
  /** What is left out of the queue, and the cases that find it. */
  const omissions = [
    ['device', 'this.#failure = { error, until: Infinity }', 'void error', 'eager/errors/*'],
    [
      'prepare',
      '{ input: [...givenInputs], output: [...givenOutputs] }',
      '{ input: givenInputs, output: givenOutputs }',
      'compiled/order/*',
    ],
    ['prepare', "scalars: 'apart',", '', 'compiled/order/*'],
    ['index', 'const copy = bytes.slice()', 'const copy = bytes', 'eager/order/*'],
  ] as const
  test.each(omissions)(
    'in %s.ts %s becomes %s, and the kit says so',
    async (file, from, to, only) => {
      const path = join(folder, `src/${file}.ts`)
      const text = await readFile(path, 'utf8')
      expect(text).toContain(from)
      await writeFile(path, text.replace(from, to))
      try {
        await expect(exec('npm', 'run', 'report', '--', '--only', only)).rejects.toThrow(
          /ended with 1\n[^]*does not conform/,
        )
      } finally {
        await writeFile(path, text)
      }
    },
    LONG,
  )
})
