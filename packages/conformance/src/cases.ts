/** All cases, in the order in which they run. */
import type { Case } from './case.ts'
import { compositeCases } from './composites.ts'
import { gradientCases } from './gradients.ts'
import { loopCalls } from './loops/calls.ts'
import { caseOf } from './loops/case.ts'
import { randomLoops } from './loops/random.ts'
import { again } from './laws/again.ts'
import { broadcast } from './laws/broadcast.ts'
import { hostBytes } from './laws/bytes.ts'
import { declarations, determinism, errors } from './laws/errors.ts'
import { failures } from './laws/failures.ts'
import { indices } from './laws/indices.ts'
import { sizes } from './laws/large.ts'
import { longSums } from './laws/long-sums.ts'
import { aliasing, donation, memory } from './laws/memory.ts'
import { moved } from './laws/moved.ts'
import { order } from './laws/order.ts'
import { profile } from './laws/profile.ts'
import { places } from './laws/places.ts'
import { rounding } from './laws/rounding.ts'
import { time } from './laws/time.ts'
import { optimizerCases } from './optimizers.ts'
import { ownCompositeCases } from './own-composites.ts'
import { primitiveCases } from './primitives.ts'
import { randomCases } from './random.ts'
import { trainingCases } from './training.ts'
import { usualProducts } from './usual/products.ts'
import { usualTables } from './usual/tables.ts'

let known: readonly Case[] | null = null

/** Every case of the kit: list them, filter them, count them, run one. What runs last stands last. */
export function cases(): Case[] {
  known ??= [
    ...declarations,
    ...primitiveCases(),
    ...usualProducts(),
    ...usualTables,
    ...again(),
    ...rounding,
    ...broadcast,
    ...moved,
    ...order,
    ...hostBytes,
    ...profile,
    ...time,
    ...memory,
    ...aliasing,
    ...places,
    ...donation,
    ...determinism,
    ...randomCases(),
    ...loopCalls().map(caseOf),
    ...randomLoops(),
    ...gradientCases(),
    ...compositeCases(),
    ...ownCompositeCases(),
    ...optimizerCases(),
    ...trainingCases(),
    ...sizes,
    ...longSums,
    ...errors,
    ...failures,
    ...indices,
  ].toSorted((a, b) => Number(a.last ?? false) - Number(b.last ?? false))
  return [...known]
}
