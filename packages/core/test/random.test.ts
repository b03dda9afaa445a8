/** The random generator draws PyTorch's numbers, at the level of host arrays. What modules draw is tested elsewhere. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { defaultGenerator, manualSeed } from '../src/random/default-generator.ts'
import { Generator, type FloatArray } from '../src/random/generator.ts'
import { multinomial } from '../src/random/multinomial.ts'
import { golden, numbers, type GoldenTensor } from './golden.ts'

const { fround } = Math
const float32 = (n: number): Float32Array => new Float32Array(n)
const float64 = (n: number): Float64Array => new Float64Array(n)
const int32 = (n: number): Int32Array => new Int32Array(n)

interface Digest {
  dtype: GoldenTensor['dtype']
  sha256_le: string
  head: GoldenTensor
  tail: GoldenTensor
}

/** The union of the fields of all kinds; each check reads those of its kind. */
interface RngCase {
  id: string
  seed: number
  fn: string
  n: number
  bs: number
  sizes: number[]
  out?: GoldenTensor | number[][]
  digest?: Digest
  outs: GoldenTensor[]
  next_rand2?: GoldenTensor
  a: GoldenTensor
  b: GoldenTensor
  epochs: number[][][]
  p: GoldenTensor
  out1: GoldenTensor[]
  out4: GoldenTensor
}

type Values = ArrayLike<number> | BigInt64Array

/** Equal in every bit, or an error that points at the first difference. */
function expectSame(got: Values, want: GoldenTensor, where: string): void {
  if (got.length !== want.data.length) throw new Error(`${where}: ${got.length} values, want ${want.data.length}`)
  const exact = got instanceof BigInt64Array ? want.data.map((value) => BigInt(value)) : numbers(want)
  for (let i = 0; i < got.length; i++) {
    const expected = want.dtype === 'float32' ? fround(exact[i] as number) : exact[i]
    if (Object.is(got[i], expected)) continue
    throw new Error(`${where}: index ${i} of ${got.length}: ${got[i]}, want ${expected}`)
  }
}

/** Little-endian bytes of the values in the fixture's element type. */
function bytesOf(got: ArrayLike<number>, dtype: GoldenTensor['dtype']): Uint8Array {
  const values = Array.from(got)
  if (dtype === 'int64') return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)
  return new Uint8Array((dtype === 'float64' ? Float64Array : Float32Array).from(values).buffer)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Either the whole output or its digest, head and tail. */
function expectOut(got: ArrayLike<number>, { id, out, digest }: RngCase): void {
  if (!digest) return expectSame(got, out as GoldenTensor, id)
  expectSame(Array.from(got).slice(0, digest.head.data.length), digest.head, `${id} head`)
  expectSame(Array.from(got).slice(-digest.tail.data.length), digest.tail, `${id} tail`)
  if (sha256(bytesOf(got, digest.dtype)) !== digest.sha256_le) throw new Error(`${id}: another digest`)
}

const scratch = new DataView(new ArrayBuffer(8))

/** How many doubles lie between two of the same sign. */
function ulps(a: number, b: number): number {
  const bits = (x: number): bigint => (scratch.setFloat64(0, x), scratch.getBigInt64(0))
  return Object.is(Math.sign(a), Math.sign(b)) ? Math.abs(Number(bits(a) - bits(b))) : a === b ? 0 : Infinity
}

/** Compares float64 results to 4 ulp: PyTorch calls glibc's log, sin and cos, this library the engine's. */
function expectClose(got: Float64Array, c: RngCase): void {
  const compare = (part: ArrayLike<number>, want: GoldenTensor): void =>
    numbers(want).forEach((value, i) => {
      if (ulps(part[i]!, value) > 4) throw new Error(`${c.id}: index ${i}: ${part[i]}, want ${value}`)
    })
  if (!c.digest) return compare(got, c.out as GoldenTensor)
  compare(got, c.digest.head)
  compare(got.slice(-c.digest.tail.data.length), c.digest.tail)
}

const filled =
  (c: RngCase, draw: (g: Generator, out: Float32Array) => ArrayLike<number>) =>
  (g: Generator): void =>
    expectOut(draw(g, float32(c.n)), c)

/** For every kind of case what it draws; the generator is seeded already. */
const checks: Record<string, (c: RngCase) => (g: Generator) => void> = {
  rand: (c) => filled(c, (g, out) => g.uniform(out)),
  randn: (c) => filled(c, (g, out) => g.normal(out)),
  randn_f64: (c) => (g) => expectClose(g.normal(float64(c.n)), c),
  rand_f64: (c) => (g) => expectOut(g.uniform(float64(c.n)), c),
  randperm: (c) => (g) => expectOut(g.randperm(c.n), c),
  uniform_: (c) => filled(c, (g, out) => g.uniform(out, -0.3, 0.7)),
  normal_: (c) => filled(c, (g, out) => g.normal(out, 0.5, 2)),
  bernoulli_: (c) => filled(c, (g, out) => g.bernoulli(out, 0.3)),
  bernoulli: (c) => filled(c, (g, out) => g.bernoulliFrom(out, float32(c.n).fill(0.3))),
  dropout: (c) => filled(c, (g, out) => g.bernoulli(out, 1 - 0.25).map((kept) => kept / fround(1 - 0.25))),
  'randint[0,10)': (c) => (g) => expectOut(g.randint(int32(c.n), 0, 10), c),
  'randint[-5,1000)': (c) => (g) => expectOut(g.randint(int32(c.n), -5, 1000), c),
  randn_mixed: (c) => (g) => c.sizes.forEach((n, i) => expectSame(g.normal(float32(n)), c.outs[i]!, c.id)),
  reseed: (c) => (g) => {
    expectSame(g.normal(float32(3)), c.a, c.id)
    expectSame(g.manualSeed(c.seed).normal(float32(3)), c.b, c.id)
  },
  shape: (c) => (g) => {
    const drawn = [g.normal(float32(21)), g.uniform(float32(12)), g.randint(int32(8), 0, 5), g.normal(float32(1))]
    drawn.forEach((values, i) => expectSame(values, c.outs[i]!, c.id))
  },
  generator: (c) => (g) => {
    manualSeed(c.seed + 1)
    const drawn = [g.normal(float32(4)), defaultGenerator.uniform(float32(3)), g.randperm(6)]
    drawn.forEach((values, i) => expectSame(values, c.outs[i]!, c.id))
  },
  // Each epoch: an int64 as base seed, then an int64 as seed of the sampler's own generator.
  dataloader: (c) => (g) => {
    for (const epoch of c.epochs) {
      g.int64()
      const order = Array.from(new Generator(g.int64()).randperm(c.n))
      expect(epoch.flat()).toEqual(order)
      expect(epoch.slice(0, -1).every((batch) => batch.length === c.bs)).toBe(true)
    }
  },
  dataloader_noshuffle: () => (g) => void g.int64(),
  random_split: (c) => (g) => {
    const [first, second] = c.out as [number[], number[]]
    expect([...first, ...second]).toEqual(Array.from(g.randperm(c.n)))
  },
  multinomial: (c) => (g) => {
    g.normal(float32(36))
    const p = Float32Array.from(numbers(c.p))
    for (const want of c.out1) expectSame(multinomial(p, 9, g), want, c.id)
    expectSame(multinomial(p, 9, g, { samples: 4 }), c.out4, c.id)
  },
  misc: (c) => (g) => {
    const drawn = [
      g.random(new BigInt64Array(3)),
      g.random(int32(3)),
      g.random(float32(3)),
      g.randint(float32(4), 0, 7),
      g.exponential(float32(4), 0.7),
      g.normal(float32(3)),
      g.normal(float32(5), 1, 2),
      g.randint(float32(3), 0, 9),
    ]
    drawn.forEach((values, i) => expectSame(values, c.outs[i]!, c.id))
  },
}

/** Kinds that need modules. */
const elsewhere = new Set(['init'])

describe('the fixtures of PyTorch', () => {
  const { cases } = golden<RngCase>('rng')
  const kinds = [...new Set(cases.map((c) => c.fn))]

  test('have no kind that nothing checks', () => {
    expect(kinds.filter((fn) => !(fn in checks) && !elsewhere.has(fn))).toEqual([])
  })

  for (const fn of kinds) {
    const check = checks[fn]
    if (!check) continue
    const ofKind = cases.filter((c) => c.fn === fn)
    test(`${fn}: ${ofKind.length} cases, and the draws after them`, () => {
      for (const c of ofKind) {
        const g = new Generator(c.seed)
        check(c)(g)
        if (c.next_rand2) expectSame(g.uniform(float32(2)), c.next_rand2, `${c.id}, rand(2) after it`)
      }
    })
  }
})

describe('draws of PyTorch 2.13.0 that the fixtures lack', () => {
  test('ranges from 2^28 on take 64 bits', () => {
    const g = new Generator(5)
    expect(g.randint(int32(3), 0, 2 ** 28 - 1)).toEqual(Int32Array.of(148147046, 236996814, 250105852))
    expect(g.randint(int32(3), 0, 2 ** 28)).toEqual(Int32Array.of(82545638, 187307408, 218661896))
    expect(g.randint(int32(3), -(2 ** 31), 2 ** 31 - 1)).toEqual(Int32Array.of(865714635, -1448930982, 1600115982))
    expect(g.randint(new BigInt64Array(3), -(2n ** 40n), 2n ** 60n)).toEqual(
      BigInt64Array.of(906427285450202631n, 983579998722883471n, 1075093059712808373n),
    )
    expect(g.randint(float32(3), -(2 ** 26), 2 ** 27 + 5)).toEqual(Float32Array.of(105050024, 84569096, 29947846))
    expect(g.uniform(float32(2))).toEqual(Float32Array.of(0.9751613140106201, 0.09034425020217896))
    // Beyond 2^53 the sum is made in int64 and rounded once.
    const far = new Generator(5).randint(float64(4), 2n ** 60n + 255n, 2n ** 60n + 5000n)
    expect(Array.from(far, (value) => BigInt(value) - 2n ** 60n)).toEqual([3584n, 2304n, 1280n, 3072n])
  })

  test('a uniform number that rounds to the upper bound becomes the lower one', () => {
    const g = new Generator(0)
    expect(g.uniform(float32(12), 2, 2 + 2 ** -22)).toEqual(float32(12).fill(2))
    expect(g.uniform(float64(6), -0.3, 0.7)).toEqual(
      Float64Array.of(
        -0.12139382479924904,
        0.05110762439392841,
        0.28134091980757453,
        -0.011764107863849793,
        0.15286884888111424,
        -0.1232004737962859,
      ),
    )
  })

  test('bool, uint8, float64 and float64 probabilities', () => {
    const g = new Generator(11)
    expect(g.randomBool(new Uint8Array(8))).toEqual(Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 0))
    expect(g.random(new Uint8Array(4))).toEqual(Uint8Array.of(161, 71, 82, 24))
    expect(g.random(float64(3))).toEqual(Float64Array.of(1577171675420226, 1234411509029655, 7386107197163429))
    expect(g.bernoulliFrom(int32(4), Float64Array.of(0.1, 0.5, 0.9, 0.5))).toEqual(Int32Array.of(0, 0, 1, 0))
    expect(g.uniform(float32(1))[0]).toBe(0.43148738145828247)
  })

  test('multinomial with replacement searches the running sum in the element type of the weights', () => {
    const g = new Generator(3)
    const p = g.uniform(float32(10))
    expect(multinomial(p, 5, g, { samples: 6, replacement: true })).toEqual(
      Int32Array.of(4, 2, 2, 2, 4, 2, 3, 2, 2, 4, 1, 1),
    )
    expect(multinomial(Float64Array.from(p), 5, g, { samples: 6, replacement: true })).toEqual(
      Int32Array.of(4, 4, 2, 4, 4, 1, 1, 2, 1, 2, 3, 3),
    )
    expect(g.uniform(float32(1))[0]).toBe(0.7142151594161987)
  })

  test('both flavours of a mask: the two outputs of Dropout(0.5) in rasbt/LLMs-from-scratch#57', () => {
    const mask = (flavour: 'generic' | 'intel'): string =>
      new Generator(123).bernoulli(new Uint8Array(36), 0.5, { flavour }).join('')
    expect(mask('generic')).toBe('110110000101111101011001010101011110')
    expect(mask('intel')).toBe('111111010000001010110001100001010000')
    // One 32-bit draw for any number of elements, none for no elements.
    const g = new Generator(0)
    g.bernoulli(int32(0), 0.5, { flavour: 'intel' })
    g.bernoulli(int32(9), 0.5, { flavour: 'intel' })
    const h = new Generator(0)
    h.uint32()
    expect(g.uint32()).toBe(h.uint32())
  })
})

describe('state', () => {
  test('has the bytes of torch.get_rng_state(), in PyTorch 1.13.1 and 2.13.0', () => {
    const g = new Generator(-1)
    expect(sha256(g.getState())).toBe('74c65bce05a4fcdd46c9ffe85389eae89aa055a11270fd03732d3dfc85f94796')
    g.normal(float32(3))
    expect(sha256(g.getState())).toBe('8663d7cedf2349a09fae4e857869cfb4f38a9aea2f94e6be9dddfc7540369a84')
    g.manualSeed(0).uniform(float32(624))
    expect(sha256(g.getState())).toBe('484720ea4ef85e461290eaa19f8373d5342b76961e5cb6987d7c5efcf19f7a34')
    g.uniform(float32(1))
    expect(sha256(g.getState())).toBe('6bb1f50f7895dd4a458851b1e4cfae5b64dace339a986257772e28a27089025c')
  })

  test('resumes every stream exactly, the cached normal included', () => {
    for (const drawn of [0, 1, 3, 15, 16, 17, 311, 312, 623, 624, 625, 2000]) {
      const g = new Generator(7)
      g.uniform(float32(drawn))
      g.normal(float32(drawn % 16))
      const state = g.getState()
      const resumed = new Generator().setState(state)
      expect(resumed.getState()).toEqual(state)
      expect(resumed.initialSeed()).toBe(7n)
      for (const n of [1, 2, 33, 700, 5]) expect(resumed.normal(float32(n))).toEqual(g.normal(float32(n)))
      expect(resumed.randperm(50)).toEqual(g.randperm(50))
    }
  })

  test('is a copy, and setState reads a view at any offset', () => {
    const g = new Generator(1)
    const state = g.getState()
    const shifted = new Uint8Array(state.length + 3)
    shifted.set(state, 3)
    const first = g.uniform(float32(4))
    const resumed = new Generator().setState(shifted.subarray(3))
    shifted.fill(0)
    expect(resumed.uniform(float32(4))).toEqual(first)
    expect(state).toEqual(new Generator(1).getState())
  })

  test('is refused when it cannot be one, and the stream then goes on', () => {
    const g = new Generator(1)
    expect(() => g.setState(new Uint8Array(50))).toThrow(
      'setState: Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 50',
    )
    expect(() => g.setState(new Uint8Array(5056))).toThrow('setState: Invalid mt19937 state (left 0, next 0)')
    const beyond = g.getState()
    beyond[8] = 2
    new DataView(beyond.buffer).setUint32(16, 624, true)
    expect(() => g.setState(beyond)).toThrow('setState: Invalid mt19937 state (left 2, next 624)')
    expect(g.uniform(float32(3))).toEqual(new Generator(1).uniform(float32(3)))
  })
})

describe('seeds', () => {
  test('a new generator starts at 67280421310721', () => {
    expect(new Generator().initialSeed()).toBe(67280421310721n)
  })

  test('fractions are dropped, negative seeds wrap, and only the low 32 bits make the stream', () => {
    const g = new Generator()
    expect(g.manualSeed(1.9).initialSeed()).toBe(1n)
    expect(g.manualSeed(-1).initialSeed()).toBe(18446744073709551615n)
    expect(g.manualSeed(-(2n ** 63n)).initialSeed()).toBe(2n ** 63n)
    expect(g.manualSeed(2n ** 64n - 1n).initialSeed()).toBe(18446744073709551615n)
    expect(new Generator(2 ** 32 + 7).uint32()).toBe(new Generator(7).uint32())
  })

  test('out of range they throw and leave the stream alone', () => {
    const g = new Generator(4)
    const overflow = 'Overflow when unpacking long long; a seed lies in [-2^63, 2^64 - 1]'
    const wrong: [number | bigint, string][] = [
      [2n ** 64n, `${overflow} (got 18446744073709551616)`],
      [-(2n ** 63n) - 1n, `${overflow} (got -9223372036854775809)`],
      [NaN, 'cannot convert float NaN to integer'],
      [-Infinity, 'cannot convert float infinity to integer'],
    ]
    for (const [seed, message] of wrong) {
      expect(() => g.manualSeed(seed)).toThrow(`manualSeed: ${message}`)
    }
    expect(g.uint32()).toBe(new Generator(4).uint32())
  })

  test('reseeding forgets the cached normal, larger draws do not', () => {
    const g = new Generator(0)
    const [first, second] = g.normal(float64(2))
    g.manualSeed(0).normal(float64(1))
    expect(g.manualSeed(0).normal(float64(1))[0]).toBe(first)
    g.normal(float32(16))
    g.uniform(float32(100))
    expect(g.normal(float64(1))[0]).toBe(second)
  })

  test('unseeded generators differ, with seeds of 53 bits that reproduce them', () => {
    const g = new Generator('entropy')
    const drawn = g.uniform(float32(4))
    expect(new Generator(g.initialSeed()).uniform(float32(4))).toEqual(drawn)
    expect(g.initialSeed()).toBeLessThan(2n ** 53n)
    expect(new Generator('entropy').initialSeed()).not.toBe(g.initialSeed())
    const unused = new Generator('entropy')
    expect(new Generator().setState(unused.getState()).uint32()).toBe(unused.uint32())
    const old = g.initialSeed()
    expect(g.seed()).not.toBe(old)
    expect(g.uint32()).toBe(new Generator(g.initialSeed()).uint32())
  })

  test('manualSeed restarts and returns the default generator', () => {
    expect(manualSeed(0)).toBe(defaultGenerator)
    expect(defaultGenerator.uniform(float32(1))[0]).toBe(fround(0.49625659))
  })
})

describe('the number of draws', () => {
  /** 32-bit draws that `draw` takes from a fresh generator. */
  function drawsOf(draw: (g: Generator) => unknown): number {
    const g = new Generator(9)
    draw(g)
    const next = g.uint32()
    const other = new Generator(9)
    for (let count = 0; count < 2000; count++) if (other.uint32() === next) return count
    throw new Error('not found')
  }

  test('is what PyTorch takes', () => {
    expect(drawsOf((g) => g.normal(float32(0)))).toBe(0)
    expect(drawsOf((g) => g.normal(float32(3)))).toBe(8)
    expect(drawsOf((g) => g.normal(float32(16)))).toBe(16)
    expect(drawsOf((g) => g.normal(float32(17)))).toBe(33)
    expect(drawsOf((g) => g.normal(float64(17)))).toBe(66)
    expect(drawsOf((g) => g.randperm(1))).toBe(0)
    expect(drawsOf((g) => g.randperm(8))).toBe(7)
    expect(drawsOf((g) => g.exponential(float32(5)))).toBe(10)
    expect(drawsOf((g) => g.bernoulli(float32(5)))).toBe(10)
    expect(drawsOf((g) => g.bernoulliFrom(float32(5), float32(5)))).toBe(5)
    expect(drawsOf((g) => g.int64())).toBe(2)
  })
})

test('errors name the operation and carry the words of PyTorch', () => {
  const g = new Generator(2)
  const out = float32(3)
  const wrong: [() => unknown, string][] = [
    [() => g.uniform(out, 2, 1), 'uniform: uniform_ expects to return a [from, to) range, but found from=2 > to=1'],
    [
      () => g.uniform(out, -3e38, 3e38),
      'uniform: uniform_ expects to-from <= std::numeric_limits<Float>::max(), ' +
        'but found to=3e+38 and from=-3e+38 which result in to-from to exceed the limit',
    ],
    [() => g.uniform(out, NaN, 1), 'uniform: from is out of bounds for float (got NaN)'],
    [() => g.uniform(out, 0, 1e39), 'uniform: to is out of bounds for float (got 1e+39)'],
    [() => g.uniform(float64(1), 0, Infinity), 'uniform: to is out of bounds for double (got Infinity)'],
    [() => g.normal(out, 0, -1), 'normal: normal expects std >= 0.0, but found std -1'],
    [() => g.normal(float32(0), 0, NaN), 'normal: normal expects std >= 0.0, but found std NaN'],
    [() => g.exponential(out, 0), 'exponential: exponential_ expects lambda > 0.0, but found lambda=0'],
    [() => g.bernoulli(out, 1.5), 'bernoulli: bernoulli_ expects p to be in [0, 1], but got p=1.5'],
    [
      () => g.bernoulliFrom(out, Float32Array.of(0, 1, 2)),
      'bernoulliFrom: Expected p_in >= 0 && p_in <= 1 to be true, but got false. (p is 2 at index 2)',
    ],
    [() => g.bernoulliFrom(out, float32(2)), 'bernoulliFrom: 2 probabilities for 3 elements'],
    [() => g.randint(out, 5, 5), "randint: random_ expects 'from' to be less than 'to', but got from=5 >= to=5"],
    [() => g.randint(out, 0, 1.5), 'randint: high must be an integer or a bigint (got 1.5)'],
    [() => g.randint(int32(1), 0, 2 ** 40), 'randint: to - 1 is out of bounds for int (got to 1099511627776)'],
    [() => g.randint(new Uint8Array(1), -1, 4), 'randint: from is out of bounds for unsigned char (got -1)'],
    [() => g.randperm(-1), 'randperm: n must be an integer from 0 (got -1)'],
    [() => g.randperm(2.5), 'randperm: n must be an integer from 0 (got 2.5)'],
    [() => multinomial(float32(2), 2, g), 'multinomial: invalid multinomial distribution (sum of probabilities <= 0)'],
    [
      () => multinomial(Float32Array.of(-1, 2), 2, g),
      'multinomial: probability tensor contains either `inf`, `nan` or element < 0 (-1 at index 0)',
    ],
    [
      () => multinomial(Float32Array.of(1, 2), 2, g, { samples: 3 }),
      'multinomial: cannot sample n_sample > prob_dist.size(-1) samples without replacement (got 3 of 2)',
    ],
    [
      () => multinomial(Float32Array.of(1, 2), 2, g, { samples: 0 }),
      'multinomial: cannot sample n_sample <= 0 samples (got 0)',
    ],
    [() => multinomial(Float32Array.of(1, 2, 3), 2, g), 'multinomial: 3 weights do not make rows of 2'],
  ]
  for (const [call, message] of wrong) expect(call).toThrow(message)
  // Nothing was drawn.
  expect(g.uint32()).toBe(new Generator(2).uint32())
})

test('every method fills and returns the array it was given', () => {
  const g = new Generator(3)
  const draws: ((out: FloatArray) => FloatArray)[] = [
    (out) => g.uniform(out),
    (out) => g.uniform(out, 1, 2),
    (out) => g.normal(out),
    (out) => g.exponential(out),
    (out) => g.bernoulli(out),
    (out) =>
      g.bernoulliFrom(
        out,
        out.map(() => 0.5),
      ),
    (out) => g.randint(out, 0, 5),
    (out) => g.random(out),
  ]
  const arrays = [0, 5, 40].flatMap((n) => [float32(n), float64(n)])
  for (const draw of draws) for (const out of arrays) expect(draw(out)).toBe(out)
})
