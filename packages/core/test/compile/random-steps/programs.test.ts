/** Programs that once gave other numbers, or were refused without need: found by seeds, and cut down. */
import { describe, expect, test } from 'vitest'
import { cpu } from '../../../../cpu/src/index.ts'
import { wasm } from '../../../../wasm/src/index.ts'
import { runPair } from './pair.ts'

const [js, simd] = [cpu(), await wasm()]
const place = { name: 'cpu', here: js, other: simd, tolerance: 1e-6 }
const places = [place, { name: 'wasm', here: simd, other: js, tolerance: 1e-5 }]

/** A step that trains `model` with `optimizer`. */
const training = (optimizer: string, { before = '', after = '' } = {}): string => `
  const model = new nn.Linear(2, 2)
  const optimizer = new optim.${optimizer}
  const step = compile((x, k) => {
    ${before}
    const loss = model(x).pow(2).mean().mul(k)
    loss.backward()
    optimizer.step()
    ${after}
    return loss
  }, { gradients: true })
  watch(() => ({ model, optimizer }))`
const calls = (count: number): string => '\ncall(() => step(randn([3, 2]), ones([])))'.repeat(count)
const SGD = 'SGD(model.parameters(), { lr: 0.1, momentum: 0.5, dampening: 0.3 })'
const zero = { before: 'optimizer.zeroGrad()' }

const equal: Record<string, string> = {
  'a schedule inside the step changes the rate of the next call, not of the first':
    `${training(SGD, { after: 'scheduler.step()' })}
    const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 1, gamma: 0.5 })` + calls(3),
  'a number operand beside state that is made in the first call':
    training(SGD, zero) + '\ncall(() => step(randn([3, 2]), 2))\ncall(() => step(randn([3, 2]), 3))',
  'the state of an optimizer is loaded anew':
    `${training(SGD, zero)}
    const saved = optimizer.stateDict()
    ${calls(2)}
    change(() => { optimizer.loadStateDict(saved) })` + calls(4),
  'the state of an optimizer is forgotten': `${training(SGD, zero)}${calls(5)}\nchange(() => { optimizer.state.clear() })${calls(4)}`,
  'a tensor in the state of an optimizer is replaced': `${training(SGD, zero)}${calls(5)}
    change(() => { optimizer.state.get(model.weight).set('momentum_buffer', zeros([2, 2])) })${calls(4)}`,
  'a learning rate is another tensor':
    training('SGD(model.parameters(), { lr: tensor(0.1) })', zero) +
    `${calls(4)}\nchange(() => { optimizer.paramGroups[0].lr = tensor(0.5) })${calls(2)}`,
  'gradients that were null when the step was recorded are dropped': `
    const model = new nn.Linear(2, 2)
    const step = compile((x) => { for (const p of model.parameters()) p.grad = null; return x.mul(2) })
    watch(() => ({ model }))
    call(() => step(ones([2])))
    change(() => { model.weight.grad = ones([2, 2]) })
    call(() => step(ones([2])))`,
  'a list has other keys than numbers': `
    class Part extends nn.Module { list = Object.assign([1], { gain: 2 }); forward(h) { return h.mul(this.list.gain) } }
    const part = new Part()
    const step = compile((x) => part(x))
    ${'call(() => step(ones([2])))\n'.repeat(4)}
    change(() => { part.list.gain = 3 })
    call(() => step(ones([2])))`,
  'a hole of a list is filled with undefined': `
    class Part extends nn.Module { list = [1, , 3]; forward(h) { return h.mul(Object.keys(this.list).length) } }
    const part = new Part()
    const step = compile((x) => part(x))
    ${'call(() => step(ones([2])))\n'.repeat(4)}
    change(() => { part.list[1] = undefined })
    call(() => step(ones([2])))`,
  'a module is an operand that does not run': `
    const part = Object.assign(new nn.Identity(), { gain: 2 })
    const step = compile((x, settings) => x.mul(settings.gain))
    ${'call(() => step(ones([2]), part))\n'.repeat(4)}
    change(() => { part.gain = 3 })
    call(() => step(ones([2]), part))`,
  'the object that the step is called on is another': `
    const [first, second] = [{ gain: 2 }, { gain: 3 }]
    const step = compile(function (x) { return x.mul(this?.gain ?? 5) })
    for (const host of [first, second]) host.step = step
    ${'call(() => first.step(ones([2])))\n'.repeat(4)}
    call(() => second.step(ones([2])))
    call(() => step(ones([2])))
    call(() => first.step(ones([2])))`,
  'one tensor is two results': `
    const step = compile((x) => { const y = x.mul(2); return [y, { again: y }, x.mul(3)] })
    let results
    watch(() => ({ results }))
    call(() => { results = step(ones([2])); return results })
    change(() => { results[0].add_(1) })
    call(() => step(ones([2])))`,
  'a module has a field that it did not have': `
    class Part extends nn.Module { forward(h) { return h.mul(this.extra ?? 2) } }
    const part = new Part()
    const step = compile((x) => part(x))
    ${'call(() => step(ones([2])))\n'.repeat(4)}
    change(() => { part.extra = 3 })
    call(() => step(ones([2])))`,
  'operands of another dtype and of another device, whose bytes are as many': `
    const step = compile((x) => x.add(1))
    ${'call(() => step(ones([2])))\n'.repeat(4)}
    call(() => step(ones([2], { dtype: 'int32' })))
    call(() => step(ones([2], { device: other })))
    call(() => step(ones([2])))`,
  'the default device is another': `
    const step = compile(() => ones([2]).add(randn([2])))
    call(() => step())
    change(() => { setDefaultDevice(other) })
    call(() => step())
    change(() => { setDefaultDevice(here) })
    call(() => step())`,
  'a field that is undefined goes away': `
    class Part extends nn.Module { extra = undefined; forward(h) { return 'extra' in this ? h : h.mul(2) } }
    const part = new Part()
    const step = compile((x) => part(x))
    ${'call(() => step(ones([2])))\n'.repeat(4)}
    change(() => { delete part.extra })
    call(() => step(ones([2])))`,
  'the mode of recording gradients is that of the call': `
    const step = compile((x) => x.mul(isGradEnabled() ? 2 : 3))
    call(() => step(ones([2])))
    call(() => noGrad(() => step(ones([2]))))
    call(() => step(ones([2])))`,
}
describe.each(places)('on $name', (each) => {
  test.each(Object.entries(equal))('%s', (_, text) => {
    const verdict = runPair(`manualSeed(1)\n${text}`, each)
    expect(verdict).toMatchObject({ outcome: 'equal', detail: '' })
  })
})

const late: Record<string, string> = {
  'options of an optimizer that the step changes itself': training(SGD, {
    ...zero,
    after: 'optimizer.paramGroups[0].lr *= 0.5',
  }),
  'options that the step changes after its schedule has':
    training(SGD, { ...zero, after: 'scheduler.step(); optimizer.paramGroups[0].lr *= 0.5' }) +
    '\nconst scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 1, gamma: 0.5 })',
}
test.each(Object.entries(late))('%s are refused at the second call', (_, text) => {
  const verdict = runPair(`manualSeed(1)\nmayRefuse('')\n${text}\n${calls(3)}`, place)
  expect(verdict).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('use a scheduler') })
})

test('an option that is set to a number operand is refused, also where no parameter of its group has a gradient', () => {
  const text = `manualSeed(1)
    mayRefuse('')
    const [first, second] = [new nn.Linear(2, 2), new nn.Linear(2, 2)]
    const optimizer = new optim.SGD([{ params: first.parameters() }, { params: second.parameters() }], { lr: 0.1 })
    const step = compile((x, lr) => {
      optimizer.paramGroups[0].lr = lr
      second(x).sum().backward()
      optimizer.step()
    }, { gradients: true })
    watch(() => ({ optimizer }))
    call(() => step(ones([2]), 0.5))`
  const verdict = runPair(text, place)
  expect(verdict).toMatchObject({
    outcome: 'refused',
    detail: expect.stringContaining('lr is set to a number operand'),
  })
})
