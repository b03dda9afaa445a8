/** docs/pytorch-names.md: where every public name of PyTorch is here, and what is missing. */
import { lacking, NOWHERE } from './arguments.ts'
import type { Class, Pytorch, Reached } from './classes.ts'
import type { Family } from './families.ts'
import { HERE, OWNERS, type Owner } from './here.ts'
import { SYNTAX } from './syntax.ts'

type Classes = ReadonlyMap<string, Class>
const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' ')
const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => ' --- |').join('')}`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
]
function grouped<T>(items: readonly T[], key: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return [...groups]
}

/** Whether something is a member of instances, and nothing else. */
const isMemberOnly = ({ owners }: Reached): boolean => owners.every((owner) => HERE[owner].member !== undefined)
/** Where something is, in words. */
function where(place: string, reached: Reached): string {
  const { owners } = reached
  const titles = owners.flatMap((owner) => HERE[owner].title ?? [])
  const members = owners.flatMap((owner) => HERE[owner].member ?? [])
  const said = owners.flatMap((owner) => HERE[owner].said ?? [])
  if (isMemberOnly(reached))
    return OWNERS[place]![0] === owners[0]
      ? `Members of ${members.join(' and ')}`
      : `Methods of ${members.join(' and ')} only: there is no function to import`
  if (titles.length === 0) return said.join(' and ')
  return `From ${titles.join(' and ')}${members.length === 0 ? '' : `, and a method of ${members.join(' and ')}`}`
}

function counts(classes: Classes): number[] {
  const all = [...classes.values()]
  const reached = all.flatMap((one) => ('reached' in one ? one.reached : []))
  const scoped = (scope: Family['scope']): number =>
    all.filter((one) => 'family' in one && one.family.scope === scope).length
  const aliases = all.filter((one) => 'alias' in one).length
  return [
    all.length,
    reached.length,
    reached.filter(isMemberOnly).length,
    aliases,
    scoped('missing'),
    scoped('out of scope'),
  ]
}
const COLUMNS = ['public', 'reached', 'of these only as members', 'other names', 'missing', 'out of scope']

function summary(pytorch: Pytorch, classes: ReadonlyMap<string, Classes>): string[] {
  const rows = [...classes].map(([place, one]) => [place, ...counts(one)] as const)
  const hidden = Object.values(pytorch.places).map(({ underscored }) => underscored)
  const sums = COLUMNS.map((_, i) => rows.reduce((sum, row) => sum + (row[i + 1] as number), 0))
  return [
    ...table(
      ['place', ...COLUMNS],
      [
        ...rows.map(([place, ...numbers]) => [`[${place}](#${place.replaceAll('.', '').toLowerCase()})`, ...numbers]),
        ['**all**', ...sums.map((sum) => `**${sum}**`)],
      ],
    ),
    `Not counted: ${hidden.reduce((a, b) => a + b, 0)} names in these places that begin with an underscore.`,
  ]
}

/** Families of a scope with their names. */
function families(classes: Classes, scope: Family['scope']): string[] {
  const entries = [...classes].flatMap(([name, one]) =>
    'family' in one && one.family.scope === scope ? [[one.family.title, name] as const] : [],
  )
  return grouped(entries, ([title]) => title)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, list]) => `- ${title} (${list.length}): ${code(list.map(([, name]) => name))}`)
}

function section(place: string, classes: Classes): string[] {
  const reached = [...classes].flatMap(([name, one]) => ('reached' in one ? [[name, one.reached] as const] : []))
  const aliases = [...classes].flatMap(([name, one]) => ('alias' in one ? [[name, one.alias] as const] : []))
  const [all, found, , others, missing, out] = counts(classes)
  const lines = [
    `## ${place}`,
    '',
    `${all} = ${found} reached + ${others} other names + ${missing} missing + ${out} out of scope`,
    '',
  ]
  const differing = reached.filter(([, { note }]) => note !== undefined)
  if (differing.length > 0)
    lines.push(
      ...table(
        ['PyTorch', 'here', 'where', 'difference'],
        differing.map(([name, one]) => [`\`${name}\``, `\`${one.name}\``, where(place, one), one.note]),
      ),
    )
  const same = reached.filter(([, { note }]) => note === undefined)
  for (const [title, list] of grouped(same, ([, one]) => where(place, one)))
    lines.push(`**${title}** (${list.length}): ${code(list.map(([, { name }]) => name))}`, '')
  const without = reached.flatMap(([name, one]) => {
    const list = lacking(place, name, one)
    return list.length === 0 ? [] : [`\`${name}\` (${list.map((argument) => `\`${argument}\``).join(', ')})`]
  })
  if (without.length > 0)
    lines.push(`**Arguments that are not here** (of ${without.length} names): ${without.join(', ')}`, '')
  if (aliases.length > 0) {
    const short = (path: string): string => (path.startsWith(`${place}.`) ? path.slice(place.length + 1) : path)
    const pairs = aliases.map(([name, target]) => `\`${name}\` is \`${short(target)}\``)
    lines.push(`**Other names** of what is reached (${aliases.length}): ${pairs.join(', ')}`, '')
  }
  for (const scope of ['missing', 'out of scope'] as const) {
    const list = families(classes, scope)
    if (list.length === 0) continue
    if (scope === 'missing') lines.push(`**Missing** (${missing}):`, '', ...list, '')
    else lines.push('<details>', `<summary>Out of scope (${out})</summary>`, '', ...list, '', '</details>', '')
  }
  return lines
}

/** What the packages have that PyTorch has not, by owner. */
function onlyHere(classes: ReadonlyMap<string, Classes>): string[] {
  const used = new Set(
    [...classes.values()].flatMap((one) =>
      [...one.values()].flatMap((value) =>
        'reached' in value ? value.reached.owners.map((owner) => `${owner}.${value.reached.name}`) : [],
      ),
    ),
  )
  return (Object.keys(HERE) as Owner[]).flatMap((owner) => {
    const { names, title, member } = HERE[owner]
    const own = [...names].filter((name) => !used.has(`${owner}.${name}`) && !(name in HERE)).sort()
    if (own.length === 0 || owner === 'type') return []
    return [`**${title ?? `Members of ${member}`}** (${own.length}): ${code(own)}`, '']
  })
}

/** The page. */
export function page(pytorch: Pytorch, classes: ReadonlyMap<string, Classes>): string {
  const lines = [
    "# PyTorch's names here",
    '',
    "Names are PyTorch's in camelCase. This page counts every public name that the places below have in PyTorch",
    `${pytorch.torch}, and says of each where it is here. It is made from PyTorch itself (\`tools/parity/make-names.py\`) and from what`,
    'the packages export (`npx vitest run names -u` in `tools/parity`), and a test fails when it is not up to date.',
    '',
    '- **reached**: it is here, and its section says how: imported from an entry, a member, or both. What differs is in a table;',
    '  the rest is as in PyTorch, but that options go by name and that values are waited for.',
    '- **other names**: another name for something that is reached, which has the one name here.',
    '- **missing**: it is not here, and a program may want it.',
    '- **out of scope**: it is not here, for the reason that its family gives.',
    '',
    ...summary(pytorch, classes),
    '',
    'A section says which arguments of PyTorch a function does not take; in their place they are refused with an error. Nowhere are:',
    '',
    ...grouped(Object.entries(NOWHERE), ([, reason]) => reason).map(
      ([reason, list]) => `- ${code(list.map(([argument]) => argument))}: ${reason}`,
    ),
    '',
    '## Syntax',
    '',
    ...table(['Python', 'TypeScript'], SYNTAX),
    ...[...classes].flatMap(([place, one]) => section(place, one)),
    '## Only here',
    '',
    'What later versions of PyTorch have, and what has no name there.',
    '',
    ...onlyHere(classes),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
