import { readFile } from 'node:fs/promises'
import { report } from './report.js'
import { train } from './train.js'

await report(await train(await readFile('public/digits.bin')))
