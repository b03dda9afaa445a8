/** Patterns of ids: `*` stands for anything, also for slashes and nothing; everything else for itself. */

export function matcher(pattern: string): (id: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  const expression = new RegExp(`^${parts.join('.*')}$`, 's')
  return (id) => expression.test(id)
}

/** One pattern or several. */
export type Patterns = string | readonly string[]
export const listOf = (patterns: Patterns = []): readonly string[] =>
  typeof patterns === 'string' ? [patterns] : patterns

/** Whether an id matches one of them. */
export function anyOf(patterns: Patterns): (id: string) => boolean {
  const matchers = listOf(patterns).map(matcher)
  return (id) => matchers.some((matches) => matches(id))
}
