/** A failing program with the lines left out that it does not need to fail. */
import { runPair, type Place, type Verdict } from './pair.ts'

/** What a program says about itself stays, or it would fail for another reason. */
const isKept = (line: string): boolean => /^\s*(?:manualSeed|mayRefuse|foundLate|doubtful|unseen)\(/.test(line)
const MOST_RUNS = 400

export function shrink(
  text: string,
  verdict: Verdict,
  place: Place,
): { readonly text: string; readonly verdict: Verdict } {
  let lines = text.split('\n')
  let last = verdict
  let runs = 0
  for (let length = Math.ceil(lines.length / 2); length > 0; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let at = lines.length - length; at >= 0; at--) {
      if (lines.slice(at, at + length).some((line) => isKept(line)) || runs++ > MOST_RUNS) continue
      const fewer = [...lines.slice(0, at), ...lines.slice(at + length)]
      const found = runPair(fewer.join('\n'), place)
      if (!found.isFault || found.outcome !== verdict.outcome) continue
      lines = fewer
      last = found
      at = Math.min(at, lines.length - length + 1)
    }
  }
  return { text: lines.join('\n'), verdict: last }
}
