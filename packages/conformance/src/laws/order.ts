/** What sees what: runs, writes, readings and releases take effect in the order in which they were issued. */
import type { Case } from '../case.ts'
import { all, f32, law, list, programOf, same } from './law.ts'

const N = 33
const plusOne = (): ReturnType<typeof programOf> => programOf([f32(N)], ([x]) => [x!.add(1)])
const NOTHING = new Float64Array(0)

export const order: readonly Case[] = [
  law('eager/order/float32/[33]/a reading sees every run before it', async (session) => {
    const [x, y, z] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N)), session.room(f32(N))]
    const executable = session.prepare(plusOne())
    executable.run([x], [y], NOTHING)
    executable.run([y], [z], NOTHING)
    executable.run([z], [y], NOTHING)
    return same(
      await session.elements(y),
      list(N, (i) => i + 3),
      'x + 1 + 1 + 1',
    )
  }),
  law('eager/order/float32/[33]/a reading sees no run after it', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(plusOne())
    executable.run([x], [y], NOTHING)
    const early = session.elements(y)
    executable.run([session.upload({ type: f32(N), data: list(N, () => 100) })], [y], NOTHING)
    const late = session.elements(y)
    return all(
      same(
        await early,
        list(N, (i) => i + 1),
        'the first reading',
      ),
      same(
        await late,
        list(N, () => 101),
        'the second reading',
      ),
    )
  }),
  law('eager/order/float32/[33]/a reading sees no write after it', async (session) => {
    const x = session.upload({ type: f32(N), data: list(N) })
    const early = session.elements(x)
    session.backend.write(x, new Uint8Array(N * 4))
    return all(
      same(await early, list(N), 'the reading before'),
      same(
        await session.elements(x),
        list(N, () => 0),
        'the reading after',
      ),
    )
  }),
  law('eager/order/float32/[33]/a run sees the writes before it and none after', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(plusOne())
    const bytes = (value: number): Uint8Array => new Uint8Array(Float32Array.from(list(N, () => value)).buffer)
    session.backend.write(x, bytes(7))
    executable.run([x], [y], NOTHING)
    session.backend.write(x, bytes(50))
    return same(
      await session.elements(y),
      list(N, () => 8),
      'x + 1',
    )
  }),
  law('eager/order/float32/[33]/write copies before it returns', async (session) => {
    const x = session.room(f32(N))
    const bytes = new Uint8Array(Float32Array.from(list(N)).buffer)
    session.backend.write(x, bytes)
    bytes.fill(0xff)
    return same(await session.elements(x), list(N), 'what was written')
  }),
  law('eager/order/float32/[33]/what was read is a copy', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(plusOne())
    executable.run([x], [y], NOTHING)
    const first = await session.backend.read(y)
    executable.run([y], [x], NOTHING)
    executable.run([x], [y], NOTHING)
    await session.backend.settle()
    const kept = same(
      new Float32Array(first.slice().buffer),
      list(N, (i) => i + 1),
      'an earlier reading',
    )
    first.fill(0)
    return all(
      kept,
      same(
        await session.elements(y),
        list(N, (i) => i + 3),
        'x + 3',
      ),
    )
  }),
  law('compiled/order/float32/[33]/run reads its lists and scalars before it returns', async (session) => {
    const program = programOf([f32(N)], ([x], [k]) => [x!.mul(k!)], { scalars: ['float32'] })
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const other = session.room(f32(N))
    const [inputs, outputs, scalars] = [[x], [y], Float64Array.of(3)]
    session.prepare(program).run(inputs, outputs, scalars)
    inputs[0] = other
    outputs[0] = other
    scalars[0] = 1000
    return same(
      await session.elements(y),
      list(N, (i) => 3 * i),
      '3x',
    )
  }),
  law('compiled/order/float32/[33]/scalars are read anew at every run', async (session) => {
    const program = programOf([f32(N)], ([x], [k, m]) => [x!.mul(k!).add(m!)], { scalars: ['float32', 'float32'] })
    const x = session.upload({ type: f32(N), data: list(N) })
    const executable = session.prepare(program)
    const runs = [
      [2, 0],
      [-1, 5],
      [0.5, 0.25],
    ] as const
    const places = runs.map((numbers) => {
      const y = session.room(f32(N))
      executable.run([x], [y], Float64Array.from(numbers))
      return y
    })
    const got = await Promise.all(places.map((y) => session.elements(y)))
    return all(
      ...runs.map(([k, m], n) =>
        same(
          got[n]!,
          list(N, (i) => k * i + m),
          `${k}x + ${m}`,
        ),
      ),
    )
  }),
  law('compiled/order/float32/[33]/two programs take turns', async (session) => {
    const first = session.prepare(programOf([f32(N)], ([x]) => [x!.add(1).mul(2).neg()]))
    const second = session.prepare(programOf([f32(N)], ([x]) => [x!.mul(3).sub(1).neg()]))
    const places = [session.upload({ type: f32(N), data: list(N) }), ...list(6).map(() => session.room(f32(N)))]
    for (let i = 0; i < 6; i++) (i % 2 === 0 ? first : second).run([places[i]!], [places[i + 1]!], NOTHING)
    const formula = (x: number): number => -(3 * -(2 * (x + 1)) - 1)
    return same(
      await session.elements(places[6]!),
      list(N, (i) => formula(formula(formula(i)))),
      'six runs',
    )
  }),
  law('compiled/order/float32/[33]/a run does not wait for ready, and ready comes', async (session) => {
    const executable = session.prepare(programOf([f32(N)], ([x]) => [x!.mul(2).add(1)]))
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    executable.run([x], [y], NOTHING)
    const [got] = await Promise.all([session.elements(y), executable.ready])
    return same(
      got,
      list(N, (i) => 2 * i + 1),
      '2x + 1',
    )
  }),
  law('compiled/order/float32/[33]/a released program finishes what was issued', async (session) => {
    const executable = session.backend.prepare(plusOne())
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    executable.run([x], [y], NOTHING)
    executable.release()
    return same(
      await session.elements(y),
      list(N, (i) => i + 1),
      'x + 1',
    )
  }),
  law('eager/order/float32/[33]/settle waits for the runs in flight', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    const executable = session.prepare(plusOne())
    for (let i = 0; i < 8; i++) {
      executable.run([x], [y], NOTHING)
      await session.backend.settle(2)
    }
    await session.backend.settle()
    return same(
      await session.elements(y),
      list(N, (i) => i + 1),
      'x + 1',
    )
  }),
  law('eager/order/float32/[33]/readSync and view agree with read', async (session) => {
    const [x, y] = [session.upload({ type: f32(N), data: list(N) }), session.room(f32(N))]
    session.prepare(plusOne()).run([x], [y], NOTHING)
    const { backend } = session
    const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer)
    const want = list(N, (i) => i + 1)
    const sync = backend.readSync === undefined ? want : floats(backend.readSync(y))
    const viewed = backend.view === undefined ? want : floats(backend.view(y))
    return all(same(sync, want, 'readSync'), same(viewed, want, 'view'), same(await session.elements(y), want, 'read'))
  }),
]
