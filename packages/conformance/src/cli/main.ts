#!/usr/bin/env node
/** `npx @glissade/conformance ./my-backend.js`: runs the kit on a backend from a module, with a progress line and an exit code. */
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Presets, SingleBar } from 'cli-progress'
import { Command } from 'commander'
import { cases, headline, run, summaryOf, toHTML, toJSON, type Report, type Setup } from '../index.ts'

interface Options {
  readonly only?: readonly string[]
  readonly except?: readonly string[]
  readonly fast?: boolean
  readonly report?: string
  readonly list?: boolean
  readonly export?: string
}

/** The module's `create`, its default export, or the export named: a function that gives a backend; and its `known`. */
async function load(path: string, name: string | undefined): Promise<Setup> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
  const functions = Object.entries(module).filter(([, value]) => typeof value === 'function')
  const create =
    name === undefined
      ? (module['create'] ?? module['default'] ?? (functions.length === 1 ? functions[0]![1] : undefined))
      : module[name]
  if (typeof create !== 'function')
    throw new Error(
      `${path} exports ${functions.map(([key]) => key).join(', ') || 'no function'}; name one with --export, or export 'create'`,
    )
  const { known } = module
  return {
    create: create as Setup['create'],
    ...(typeof known === 'object' && known !== null ? { known: known as Record<string, string> } : {}),
  }
}

const write = (path: string, report: Report): Promise<void> =>
  writeFile(path, path.endsWith('.json') ? toJSON(report) : toHTML(report))

function print(report: Report): void {
  const summary = summaryOf(report)
  if (summary !== '') console.log(`${summary}\nEvery case is in the report: --report report.html\n`)
  for (const { id, detail } of report.results.filter(({ status }) => status === 'stale'))
    console.log(`${id}\n    ${detail}`)
  console.log(headline(report))
}

async function main(path: string | undefined, options: Options): Promise<number> {
  if (options.list === true) {
    for (const { id, level } of cases()) console.log(`${level.padEnd(6)} ${id}`)
    return 0
  }
  if (path === undefined)
    throw new Error('name the module that makes the backend: npx @glissade/conformance ./my-backend.js')
  const setup = await load(path, options.export)
  const bar = new SingleBar(
    {
      format: '{bar} {value}/{total} | {failed} failed | {id}',
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  )
  let failed = 0
  const report = await run({
    ...setup,
    ...(options.only === undefined ? {} : { only: options.only }),
    ...(options.except === undefined ? {} : { except: options.except }),
    ...(options.fast === undefined ? {} : { fast: options.fast }),
    progress(result, done, total) {
      if (result.status === 'fail' || result.status === 'stale') failed++
      if (done === 1) bar.start(total, 0, { failed, id: '' })
      bar.update(done, { failed, id: result.id.slice(0, 60) })
    },
  })
  bar.stop()
  print(report)
  if (options.report !== undefined) await write(options.report, report)
  // What a backend should do and does not is printed, but takes nobody's conformance: later kits ask for more of it.
  return report.results.some(({ status, level }) => status === 'stale' || (status === 'fail' && level === 'must'))
    ? 1
    : 0
}

const several = (pattern: string, before: readonly string[] = []): string[] => [...before, pattern]

new Command('conformance')
  .description('Proves a Glissade backend')
  .argument('[module]', 'a JavaScript module that exports a function which makes the backend, and optionally `known`')
  .option(
    '--only <pattern>',
    "run only the cases whose ids match, as '*/tanh/float32/*'; may be given several times",
    several,
  )
  .option('--except <pattern>', 'leave out the cases whose ids match; may be given several times', several)
  .option('--fast', 'a part of every kind, for development: it is over in seconds, and still earns *runs*')
  .option('--report <file>', 'write a report: .html or .json')
  .option('--export <name>', 'the export that makes the backend; default: create, or the default export')
  .option('--list', 'print the ids of all cases and stop')
  .action(async (path: string | undefined, options: Options) => {
    try {
      process.exitCode = await main(path, options)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      process.exitCode = 2
    }
  })
  .parse()
