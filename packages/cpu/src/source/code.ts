/** Text that becomes code, where the page lets it. */

interface TrustedTypes {
  createPolicy(name: string, rules: { createScript(text: string): string }): { createScript(text: string): string }
}

/** What pages with `require-trusted-types-for 'script'` ask for; null where nobody does. */
const policy = /* @__PURE__ */ (() => {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  try {
    return trustedTypes?.createPolicy('glissade-cpu', { createScript: (text) => text }) ?? null
  } catch {
    return 'forbidden' as const
  }
})()

/** A function with these parameters and this body, the last one. It sees what is global. */
export function functionOf(...text: readonly string[]): (...given: unknown[]) => unknown {
  const source = `(function (${text.slice(0, -1).join(', ')}) {\n${text.at(-1)!}\n})`
  // Not every browser takes a trusted text for `new Function`. Called by another name, eval does not see what is local.
  // oxlint-disable-next-line no-eval -- this is the compiler; where it is forbidden the kernel table runs
  const evaluate = globalThis.eval
  return evaluate(policy === null || policy === 'forbidden' ? source : policy.createScript(source)) as never
}

/** Why no text becomes code here, in plain words; null where it does. */
export function whyNoCode(): string | null {
  try {
    return functionOf('return true')() === true ? null : 'eval does nothing here'
  } catch (error) {
    const name = policy === 'forbidden' ? ", and in trusted-types the name 'glissade-cpu'" : ''
    return `the policy of this page forbids it (${String(error).split('\n', 1)[0]!})${name}`
  }
}
