/** Which samples are kept in the repository: few and small, and together as various as all. */
import { isList, isTensorData, type Sample, type Value } from './sample.ts'

/** Bytes of JSON per operator; what is over it is run on demand. */
export const BUDGET = 12_000
/** Of a list of integers, or of characters of base64: three floats. */
const SEVERAL = 16
/** What a sample costs beside its bytes, so that many tiny ones do not win. */
const EACH = 250

function* featuresOfValue(name: string, value: Value): Generator<string> {
  if (isTensorData(value)) {
    yield `${name}: ${value.t}`
    yield `${name}: rank ${value.s.length}`
    if (value.n === 1) yield `${name}: strided`
    if (value.s.includes(0)) yield `${name}: empty`
    if (value.s.includes(1)) yield `${name}: size 1`
    if (value.g === 1) yield `${name}: gradient`
  } else if (isList(value)) {
    yield `${name}: ${value.length} of them`
    for (const item of value.slice(0, 3)) yield* featuresOfValue(`${name}[]`, item)
  } else yield `${name}: ${JSON.stringify(value).slice(0, 24)}`
}
/** What a sample shows. */
export function featuresOf(sample: Sample & { readonly c?: Sample['a']; readonly training?: boolean }): Set<string> {
  const features = new Set([
    sample.k,
    `training ${sample.training}`,
    `orders ${Number('g' in sample) + Number('gg' in sample)}`,
  ])
  for (const [name, value] of Object.entries({ ...sample.c, ...sample.a }))
    for (const one of featuresOfValue(name, value)) features.add(one)
  // An empty tensor shows nothing of what is computed.
  if (Object.values(sample.a).some((value) => isTensorData(value) && value.d.length >= SEVERAL)) {
    features.add(`${sample.k}, several elements`)
    for (const [name, value] of Object.entries({ ...sample.c, ...sample.a }))
      if (!isTensorData(value) && !isList(value))
        features.add(`${name}: ${JSON.stringify(value).slice(0, 24)}, several elements`)
  }
  const shapes = new Set(
    Object.values(sample.a)
      .filter(isTensorData)
      .map(({ s }) => String(s)),
  )
  features.add(`${Math.min(3, shapes.size)} shapes`)
  return features
}

/** Again and again the sample with the most that is new for its size, until nothing is new or the budget is spent. */
export function thin<T extends Sample>(samples: readonly T[], budget = BUDGET): T[] {
  const rest = samples.map((sample, i) => ({
    sample,
    i,
    size: JSON.stringify(sample).length,
    features: featuresOf(sample),
  }))
  const seen = new Set<string>()
  const kept: typeof rest = []
  let left = budget
  const worth = ({ size, features }: (typeof rest)[number]): number =>
    [...features].filter((one) => !seen.has(one)).length / (size + EACH)
  for (;;) {
    const fitting = rest.filter(({ size }) => size <= left)
    const best = fitting.reduce<(typeof rest)[number] | null>(
      (a, b) => (a === null || worth(b) > worth(a) ? b : a),
      null,
    )
    if (best === null || worth(best) === 0) break
    for (const one of best.features) seen.add(one)
    left -= best.size
    kept.push(best)
    rest.splice(rest.indexOf(best), 1)
  }
  return kept.sort((a, b) => a.i - b.i).map(({ sample }) => sample)
}
