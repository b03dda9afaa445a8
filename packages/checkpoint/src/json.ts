/** JSON of files: as `JSON.parse` gives it, but what it would take is known before, and no object has a key twice. */
import { COST, type Allowance } from './allowance.ts'
import { describe, quote, type Refuse } from './error.ts'

/** Nesting; the formats that are read need a few levels, and the programs that walk values have a stack. */
const MAX_NESTING = 500

/** The value of a JSON text, or a refusal. */
export function parseJson(text: string, allowance: Allowance, refuse: Refuse): unknown {
  allowance.take(costOf(text, refuse), refuse)
  const json = parse(text, refuse)
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) refuse(`the name ${quote(repeated)} occurs twice`)
  return json
}

function parse(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    return refuse(`it is not valid JSON: ${describe(error instanceof Error ? error.message : '')}`)
  }
}

/** What the value of a text takes of an allowance; the text need not be valid. */
function costOf(text: string, refuse: Refuse): number {
  let [cost, depth, isText] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (isText) {
      if (char === '\\') i++
      else if (char === '"') isText = false
      continue
    }
    if (char === '"') {
      isText = true
      cost += COST.step
    } else if (char === '{' || char === '[') {
      cost += COST.list / 2 // no list of JSON grows
      if (++depth > MAX_NESTING) refuse(`nested deeper than ${MAX_NESTING}`)
    } else if (char === '}' || char === ']') depth--
    else if (char === ',') cost += COST.step
  }
  return cost
}

/** The first key that an object of a valid JSON text has twice: `JSON.parse` would keep the last and say nothing. */
function findRepeatedKey(json: string): string | undefined {
  const colon = /[ \t\r\n]*:/y
  const open: Set<string>[] = []
  for (let i = 0; i < json.length; i++) {
    const char = json[i]
    if (char === '{') open.push(new Set())
    else if (char === '}') open.pop()
    else if (char === '"') {
      const end = endOfString(json, i)
      colon.lastIndex = end
      if (colon.test(json)) {
        const key = JSON.parse(json.slice(i, end)) as string
        const keys = open.at(-1)!
        if (keys.has(key)) return key
        keys.add(key)
      }
      i = end - 1
    }
  }
  return undefined
}

/** Where the JSON string that begins at `start` ends: after the first quote with an even number of backslashes before. */
function endOfString(json: string, start: number): number {
  for (let quoteAt = json.indexOf('"', start + 1); ; quoteAt = json.indexOf('"', quoteAt + 1)) {
    let backslashes = 0
    while (json[quoteAt - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return quoteAt + 1
  }
}
