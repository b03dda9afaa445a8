/** The table of composites: what core makes is what its rows say, and the page shows them. */
import { describe, expect, test } from 'vitest'
import { compositeCalls } from '../../../conformance/src/composite-calls/index.ts'
import { compositeProgram } from '../../../conformance/src/composite-calls/program.ts'
import { composites } from '../../src/composites/index.ts'
import { COMPOSITES, named, type CompositeName, type CompositeRow } from '../../src/contract/composites.ts'

const NAMES = Object.keys(COMPOSITES) as CompositeName[]
const code = (text: string): string => `\`${text}\``

test('docs/composites.md has every row', async () => {
  const lines = NAMES.map((name) => {
    const { attributes, operands, results, since }: CompositeRow = COMPOSITES[name]
    const kinds = Object.entries(attributes).map(([attribute, kind]) => `${attribute}: ${kind}`)
    const gradient = composites[name].gradient === null ? 'of its body' : 'its own'
    const cells = [[name], kinds, operands, results].map((list) => list.map(code).join(', '))
    return `| ${[...cells, gradient, since].join(' | ')} |`
  })
  const page = `# Composites of core

Written from \`packages/core/src/contract/composites.ts\`, where what needs a word has it. A backend that lists a name in
\`capabilities.runs\` gets the node with these attributes and operands and writes these results; what it has to compute is the body, which the
kit holds it to. \`bias if bias\`: the operand is there under that attribute. \`...parts\`: any number of them. Bare names
are core's, and a row never changes; composites of others are \`package/name\`. \`loop\` is the one that fusion makes
([0003](decisions/0003-loops.md)).

Who writes the body of a name stands in \`packages/core/src/composites/index.ts\`. *Gradient*: *its own*, or *of its body*, which is
differentiated. *Since*: the version of the contract that first had it. A \`natural\` is an integer from 0, a \`positive\` one from 1,
\`margins\` are [low, high] of every axis, a \`refusal\` is what is thrown for an index out of range.

| name | attributes | operands | results | gradient | since |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}
`
  await expect(page).toMatchFileSnapshot('../../../../docs/composites.md')
})

describe.each(NAMES)('%s', (name) => {
  test('is made under its name, with the operands and results of its row', () => {
    expect(composites[name].name).toBe(name)
    for (const one of compositeCalls[name]) {
      const [node] = compositeProgram(name, one).nodes
      const { operands, results }: CompositeRow = COMPOSITES[name]
      expect(node!.args.length).toBe(named(operands, one.attrs).length)
      const names = named(results, one.attrs)
      if (names[0]!.startsWith('...')) expect(node!.types.length).toBeGreaterThan(0)
      else expect(node!.types.length).toBe(names.length)
    }
  })
})
