import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { accuracy, losses } from '../src/porting.ts'
import { sideBySide } from '../src/side-by-side.ts'

const text = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const docs = text('../../../docs/coming-from-pytorch.md')
const program = text('../src/porting.ts')
const source = program + text('../src/side-by-side.ts')

test('the program comes to the numbers of the program of PyTorch beside it', () => {
  // Of the Python in the docs, by PyTorch 1.13.
  const theirs = [1.1131362120310466, 1.0447252194086711, 0.9714762171109518, 0.933788021405538, 0.924773116906484]
  expect(losses).toHaveLength(theirs.length)
  for (const [i, loss] of theirs.entries()) expect(losses[i]).toBeCloseTo(loss, 5)
  expect(accuracy).toBeCloseTo(0.7708333134651184, 6)
})
test('the lines of the table do what they say', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-porting-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  expect(await sideBySide(join(folder, 'model.pt'))).toEqual({
    shapes: [[2, 1], [2, 2], [2], [2], [3, 3], [3, 3], [3, 6], [2, 10], [2], [10], [10]],
    keys: ['weight'],
    epoch: 3,
    learns: true,
    same: 1,
  })
})
test('the docs show the program as it is, and lines of it', () => {
  const [, shown] = program.split(/\/\/ #(?:end)?region program\n/)
  expect(docs).toContain(shown)
  const table = docs.split('## Line by line')[1]!.split('\n## ')[0]!
  const lines = [...table.matchAll(/^\| `.*?\| (.*) \|$/gm)].flatMap(([, here]) => [...here!.matchAll(/`([^`]+)`/g)])
  expect(lines.length).toBeGreaterThan(20)
  // `class Net ... { ... }` stands for more.
  const absent = lines.map(([, line]) => line!).filter((line) => !line.includes('...') && !source.includes(line))
  expect(absent).toEqual([])
})
