/** Patterns of ids: `*` stands for anything, also for slashes and nothing; everything else for itself. */

export function matcher(pattern: string): (id: string) => boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  const expression = new RegExp(`^${parts.join('.*')}$`, 's')
  return (id) => expression.test(id)
}
