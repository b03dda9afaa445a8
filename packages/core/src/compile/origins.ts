/** Where in the user's model the nodes of a recording come from, those of backward too. */
import { latestNode, type GradNode } from '../engine/grad-node.ts'

export class Origins {
  /** Modules that ran and that no other module called. */
  readonly roots: Set<object> = new Set()
  readonly #named: ReadonlyMap<object, string>
  /** The path of the outermost module that is running. */
  #root = ''
  /** From which node of the tape on it was which origin: backward asks. */
  readonly #since: number[] = []
  readonly #origins: (string | undefined)[] = []

  /** @param named modules that the user named, and those in them, with their paths */
  constructor(named: ReadonlyMap<object, string>) {
    this.#named = named
  }

  /**
   * The origin of what a module does itself: its path, or, where it is the whole model, the name of its class.
   * @param path from the outermost module that is running; '' for that itself
   */
  of(module: object, path: string): string {
    if (path !== '') return this.#root === '' ? path : `${this.#root}.${path}`
    this.roots.add(module)
    this.#root = this.#named.get(module) ?? ''
    return this.#root === '' ? module.constructor.name : this.#root
  }
  /** From now on nodes of the tape have this origin. */
  note(origin: string | undefined): void {
    const latest = latestNode()
    if (this.#since.at(-1) === latest) this.#origins[this.#origins.length - 1] = origin
    else {
      this.#since.push(latest)
      this.#origins.push(origin)
    }
  }
  /** The origin of the operation that a node of the tape is. */
  at({ sequence }: GradNode): string | undefined {
    let [low, high] = [0, this.#since.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#since[middle]! < sequence) low = middle + 1
      else high = middle
    }
    return this.#origins[low - 1]
  }
}
