/** What is allocated is released, once; donated places; values side by side in one storage. */
import type { Slice } from '@glissade/core/backend'
import type { Case } from '../case.ts'
import { bytesOf, type Session } from '../session.ts'
import { all, f32, law, list, programOf, same, thrown } from './law.ts'

const N = 40
const BYTES = N * 4
const NOTHING = new Float64Array(0)
const live = (session: Session): number => session.backend.memory().live

export const memory: readonly Case[] = [
  law('eager/memory/float32/[40]/a second release throws', async (session) => {
    const [control, storage] = [session.backend.allocate(BYTES), session.backend.allocate(BYTES)]
    session.backend.release(control)
    session.backend.release(storage)
    if ((await thrown(() => session.backend.release(storage))) === null)
      return 'a second release of one storage did not throw'
    // The refused release must not have made the storage available twice.
    const [a, b] = [
      session.upload({ type: f32(N), data: list(N) }),
      session.upload({ type: f32(N), data: list(N, (i) => -i) }),
    ]
    return all(
      same(await session.elements(a), list(N), 'the first after it'),
      same(
        await session.elements(b),
        list(N, (i) => -i),
        'the second after it',
      ),
    )
  }),
  law('eager/memory/float32/[40]/live counts what is allocated and not released', async (session) => {
    const { backend } = session
    const released = backend.capabilities.memory === 'released'
    await backend.settle()
    const before = live(session)
    const storages = list(5).map(() => backend.allocate(BYTES))
    const during = live(session)
    if (released && during < before + 5 * BYTES)
      return `5 storages of ${BYTES} bytes raised live from ${before} to ${during}`
    for (const storage of storages) backend.release(storage)
    await backend.settle()
    const after = live(session)
    if (after !== before) return `live was ${before} before and ${after} after 5 storages came and went`
    if (backend.memory().reserved < 0) return `reserved is ${backend.memory().reserved}`
    return null
  }),
  law('compiled/memory/float32/[40]/a released program leaves nothing', async (session) => {
    const { backend } = session
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    await backend.settle()
    const before = live(session)
    for (let i = 0; i < 4; i++) {
      const executable = backend.prepare(
        programOf([f32(N)], ([value]) => [value!.add(i).mul(2).flip([0]).neg().flip([0])]),
      )
      executable.run([x], [y], NOTHING)
      executable.run([x], [y], NOTHING)
      executable.release()
    }
    await backend.settle()
    const after = live(session)
    if (after > before) return `live grew from ${before} to ${after} over 4 programs that were released`
    return same(
      await session.elements(y),
      list(N, (i) => -2 * (i + 3)),
      '-2 (x + 3)',
    )
  }),
  law('compiled/memory/float32/[40]/runs allocate nothing that stays', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(programOf([f32(N)], ([value]) => [value!.add(1).mul(2).flip([0])]))
    const run = async (): Promise<number> => {
      executable.run([x], [y], NOTHING)
      await session.backend.settle()
      return live(session)
    }
    await run()
    const first = await run()
    for (let i = 0; i < 20; i++) await run()
    const last = await run()
    if (last > first) return `live grew from ${first} to ${last} over 21 runs of one program`
    return null
  }),
  law('eager/memory/float32/[40]/release takes effect after work already issued', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    session.prepare(programOf([f32(N)], ([value]) => [value!.add(1)])).run([x], [y], NOTHING)
    session.release(x.storage)
    // Takes the place that became free, if one did.
    for (let i = 0; i < 4; i++) session.upload({ type: f32(x.total - 4), data: list(x.total - 4, () => 77) })
    return same(
      await session.elements(y),
      list(N, (i) => i + 1),
      'x + 1',
    )
  }),
  law('eager/memory/float32/[40]/a release leaves its neighbours as they are', async (session) => {
    const values = list(6).map((k) => session.upload({ type: f32(N), data: list(N, (i) => i + 100 * k) }))
    for (const k of [2, 0, 4]) session.release(values[k]!.storage)
    await session.backend.settle()
    return all(
      ...(await Promise.all(
        [1, 3, 5].map(async (k) =>
          same(
            await session.results(values[k]!),
            list(N, (i) => i + 100 * k),
            `storage ${k}`,
          ),
        ),
      )),
    )
  }),
  law('eager/memory/float32/[40]/a pending reading survives the release', async (session) => {
    const x = session.upload({ type: f32(N), data: list(N) })
    const reading = session.elements(x)
    session.release(x.storage)
    session.upload({ type: f32(N), data: list(N, () => 77) })
    return same(await reading, list(N), 'the reading')
  }),
  law('eager/memory/float32/[0]/nothing can be allocated, written, read and released', async (session) => {
    const storage = session.allocate(0)
    const slice: Slice = { storage, byteOffset: 0, type: f32(0) }
    session.backend.write(slice, new Uint8Array(0))
    if ((await session.elements(slice)).length !== 0) return 'a value without elements has some'
    return null
  }),
  law('eager/memory/float32/[40]/storages are their own', async (session) => {
    const values = list(12).map((k) => session.upload({ type: f32(N), data: list(N, (i) => i + 100 * k) }))
    const got = await Promise.all(values.map((value) => session.results(value)))
    return all(
      ...got.map((elements, k) =>
        same(
          elements,
          list(N, (i) => i + 100 * k),
          `storage ${k}`,
        ),
      ),
    )
  }),
  law(
    'suite/memory/-/-/no live storage at the end',
    async (session) => {
      await session.backend.settle()
      const bytes = live(session)
      if (bytes !== 0) return `${bytes} bytes are still live after everything was released`
      return null
    },
    { last: true, dtypes: [] },
  ),
]

/** Places of several values in one storage, as parameters of one group lie. */
function arena(session: Session, count: number, size: number): Slice[] {
  const { alignment } = session.backend.capabilities.limits
  const stride = Math.ceil((size * 4) / alignment) * alignment
  const storage = session.allocate(stride * count)
  return list(count).map((i) => ({ storage, byteOffset: i * stride, type: f32(size) }))
}

export const aliasing: readonly Case[] = [
  law('eager/aliasing/float32/[40]/one value as both operands', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    session.prepare(programOf([f32(N), f32(N)], ([a, b]) => [a!.mul(b!)])).run([x, x], [y], NOTHING)
    return all(
      same(
        await session.results(y),
        list(N, (i) => i * i),
        'x x',
      ),
      same(await session.results(x), list(N), 'x'),
    )
  }),
  law('compiled/aliasing/float32/[40]/one node takes a value twice', async (session) => {
    const got = await session.execute(
      programOf([f32(N)], ([x]) => [x!.mul(x!), x!.sub(x!)]),
      [{ type: f32(N), data: list(N) }],
    )
    return all(
      same(
        got[0]!,
        list(N, (i) => i * i),
        'x x',
      ),
      same(
        got[1]!,
        list(N, () => 0),
        'x - x',
      ),
    )
  }),
  law('compiled/aliasing/float32/[40]/an input is an output', async (session) => {
    const got = await session.execute(
      programOf([f32(N)], ([x]) => [x!, x!.neg(), x!.reshape([8, 5])]),
      [{ type: f32(N), data: list(N) }],
    )
    return all(
      same(got[0]!, list(N), 'x'),
      same(
        got[1]!,
        list(N, (i) => -i),
        '-x',
      ),
      same(got[2]!, list(N), 'x reshaped'),
    )
  }),
  law('compiled/aliasing/float32/[40]/a value is two outputs, and reshaped a third', async (session) => {
    const program = programOf([f32(N)], ([x]) => {
      const y = x!.add(1)
      return [y, y, y.reshape([4, 10]), y.reshape([4, 10]).mul(2)]
    })
    const got = await session.execute(program, [{ type: f32(N), data: list(N) }])
    const want = list(N, (i) => i + 1)
    return all(
      ...got.slice(0, 3).map((y, i) => same(y, want, `output ${i}`)),
      same(
        got[3]!,
        list(N, (i) => 2 * i + 2),
        'output 3',
      ),
    )
  }),
  law('compiled/aliasing/float32/[]/a scalar is an output', async (session) => {
    const got = await session.execute(
      programOf([f32()], ([x], [k]) => [k!, x!.add(k!)], { scalars: ['float32'] }),
      [{ type: f32(), data: [2] }],
      [1.5],
    )
    return all(same(got[0]!, [1.5], 'the scalar'), same(got[1]!, [3.5], 'x + the scalar'))
  }),
  law('compiled/aliasing/float32/[]/a constant is an output', async (session) => {
    const got = await session.execute(
      programOf([f32(3)], (_, __, builder) => [builder.fill('float32', [3], 2.5), builder.iota('float32', [3], 0)]),
      [{ type: f32(3), data: [1, 2, 3] }],
    )
    return all(same(got[0]!, [2.5, 2.5, 2.5], 'the constant'), same(got[1]!, [0, 1, 2], 'iota'))
  }),
  law('eager/aliasing/float32/[10]/values side by side in one storage', async (session) => {
    const [a, b, c, d] = arena(session, 4, 10) as [Slice, Slice, Slice, Slice]
    const write = (slice: Slice, formula: (i: number) => number): void =>
      session.backend.write(slice, bytesOf({ type: slice.type, data: list(10, formula) }))
    write(a, (i) => i)
    write(b, (i) => 10 * i)
    write(c, () => -1)
    write(d, () => -2)
    session.prepare(programOf([f32(10), f32(10)], ([x, y]) => [x!.add(y!)])).run([a, b], [c], NOTHING)
    const [ra, rb, rc, rd] = await Promise.all([a, b, c, d].map((slice) => session.elements(slice)))
    return all(
      same(
        rc!,
        list(10, (i) => 11 * i),
        'a + b',
      ),
      same(ra!, list(10), 'a'),
      same(
        rb!,
        list(10, (i) => 10 * i),
        'b',
      ),
      same(
        rd!,
        list(10, () => -2),
        'd',
      ),
    )
  }),
  law('compiled/aliasing/float32/[7]/inputs and outputs in one storage, through scratch', async (session) => {
    const places = arena(session, 6, 7)
    places.forEach((slice, k) =>
      session.backend.write(slice, bytesOf({ type: slice.type, data: list(7, (i) => i + k) })),
    )
    const program = programOf([f32(7), f32(7), f32(7)], ([a, b, c]) => {
      const s = a!.add(b!).flip([0])
      return [s.mul(c!), s.flip([0]).sub(c!), c!.cumsum(0)]
    })
    session.prepare(program).run([places[4]!, places[0]!, places[2]!], [places[1]!, places[5]!, places[3]!], NOTHING)
    const got = await Promise.all([1, 5, 3].map((k) => session.elements(places[k]!)))
    const sum = (i: number): number => 2 * i + 4
    const running = list(7, (i) => ((i + 1) * (i + 4)) / 2)
    return all(
      same(
        got[0]!,
        list(7, (i) => sum(6 - i) * (i + 2)),
        'output 0',
      ),
      same(
        got[1]!,
        list(7, (i) => sum(i) - i - 2),
        'output 1',
      ),
      same(got[2]!, running, 'output 2'),
    )
  }),
]

export const donation: readonly Case[] = [
  law('compiled/donation/float32/[40]/an element-wise result takes the place of its operand', async (session) => {
    const program = programOf([f32(N), f32(N)], ([p, g], [lr]) => [p!.sub(g!.mul(lr!))], {
      scalars: ['float32'],
      donated: [0],
    })
    const got = await session.execute(
      program,
      [
        { type: f32(N), data: list(N) },
        { type: f32(N), data: list(N, (i) => 2 * i) },
      ],
      [0.25],
    )
    return same(
      got[0]!,
      list(N, (i) => i / 2),
      'p - lr g',
    )
  }),
  law('compiled/donation/float32/[40]/others read the donated input before', async (session) => {
    // y = x + 1 and what reads x stand before the node whose result takes its place.
    const program = programOf(
      [f32(N)],
      ([x]) => {
        const y = x!.flip([0])
        const total = x!.cumsum(0)
        return [y, total, x!.mul(2)]
      },
      { donated: [null, null, 0] },
    )
    const got = await session.execute(program, [{ type: f32(N), data: list(N) }])
    return all(
      same(
        got[0]!,
        list(N, (i) => N - 1 - i),
        'x flipped',
      ),
      same(
        got[1]!,
        list(N, (i) => (i * (i + 1)) / 2),
        'cumsum x',
      ),
      same(
        got[2]!,
        list(N, (i) => 2 * i),
        '2x',
      ),
    )
  }),
  law('compiled/donation/float32/[40]/a result that does not need the input takes its place', async (session) => {
    const program = programOf(
      [f32(N), f32(N)],
      ([x, y]) => {
        const sum = x!.sum([0])
        return [y!.flip([0]).add(sum)]
      },
      { donated: [0] },
    )
    const got = await session.execute(program, [
      { type: f32(N), data: list(N) },
      { type: f32(N), data: list(N) },
    ])
    const sum = (N * (N - 1)) / 2
    return same(
      got[0]!,
      list(N, (i) => N - 1 - i + sum),
      'flip y + sum x',
    )
  }),
  law('compiled/donation/float32/[8,5]/two inputs are donated', async (session) => {
    const type = f32(8, 5)
    const program = programOf(
      [type, type, type],
      ([p, buffer, g], [mu, lr]) => {
        const next = buffer!.mul(mu!).add(g!)
        return [p!.sub(next.mul(lr!)), next]
      },
      { scalars: ['float32', 'float32'], donated: [0, 1] },
    )
    const got = await session.execute(
      program,
      [list(N), list(N, (i) => 4 * i), list(N, () => 8)].map((data) => ({ type, data })),
      [0.5, 0.25],
    )
    return all(
      same(
        got[1]!,
        list(N, (i) => 2 * i + 8),
        'mu buffer + g',
      ),
      same(
        got[0]!,
        list(N, (i) => i - (2 * i + 8) / 4),
        'p - lr buffer',
      ),
    )
  }),
  law('compiled/donation/float32/[40]/a program that may donate also runs into other places', async (session) => {
    const program = programOf([f32(N)], ([x]) => [x!.mul(2)], { donated: [0] })
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(program)
    executable.run([x], [y], NOTHING)
    executable.run([y], [y], NOTHING)
    executable.run([y], [y], NOTHING)
    return all(
      same(
        await session.results(y),
        list(N, (i) => 8 * i),
        '8x',
      ),
      same(await session.results(x), list(N), 'x'),
    )
  }),
]
