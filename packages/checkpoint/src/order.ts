/** What is done under a name is done in the order of the calls, also where nobody waits. */
export class Order {
  private readonly last = new Map<string, Promise<unknown>>()

  /**
   * Runs `body` once everything that was called for this name before has ended, well or not, and `ready` has.
   * It takes its place in the order at the call. `ready` may fail before its turn: `body` then awaits it and says so.
   */
  run<T>(name: string, body: () => Promise<T>, ready?: Promise<unknown>): Promise<T> {
    const turn = Promise.allSettled([this.last.get(name), ready]).then(body)
    this.last.set(name, turn)
    const forget = (): void => {
      if (this.last.get(name) === turn) this.last.delete(name)
    }
    turn.then(forget, forget)
    return turn
  }
}

const byPlace = new Map<string, Order>()
const byObject = new WeakMap<object, Order>()

/** The one order of a place: all who name it share it. */
export function orderOf(place: string | object): Order {
  const known = typeof place === 'string' ? byPlace.get(place) : byObject.get(place)
  if (known !== undefined) return known
  const order = new Order()
  if (typeof place === 'string') byPlace.set(place, order)
  else byObject.set(place, order)
  return order
}
