/** The little of a host that the kit needs besides the language: every page and every runtime has it. */
interface Host {
  setTimeout(work: () => void, milliseconds: number): unknown
  clearTimeout(timer: unknown): void
  performance: { now(): number }
  console?: { log(text: string): void }
}
const host = globalThis as unknown as Host

/** Milliseconds. */
export const now = (): number => host.performance.now()

/** Lets everything else run once: pages draw, and late failures arrive. */
export const macrotask = (): Promise<void> => new Promise((resolve) => void host.setTimeout(resolve, 0))

/** Where the host shows what programs say. */
export const say = (text: string): void => host.console?.log(text)

/** What never came, as far as patience goes. */
export class TooLong extends Error {}

/** Rejects with TooLong where `work` takes longer. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: unknown
  const late = new Promise<never>((_, reject) => {
    timer = host.setTimeout(() => reject(new TooLong(`took longer than ${milliseconds / 1000} s`)), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    host.clearTimeout(timer)
  }
}
