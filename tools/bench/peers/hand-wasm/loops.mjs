/** Loops over whole arrays: one vector a turn, addresses counted up together, as WebAssembly text. */

/** `size` float32 numbers from each address (in bytes); a multiple of four. */
const over = (name, size, parameters, locals, body) => {
  if (size % 4 !== 0) throw new Error(`${name}: ${size} is not a multiple of 4`)
  return `
  (func (export "${name}") ${parameters} (local $i i32) ${locals}
    (loop $next
      ${body}
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 16))) (i32.const ${4 * size})))))`
}
const load = (address) => `(v128.load offset=${address} (local.get $i))`
const store = (address, value) => `(v128.store offset=${address} (local.get $i) ${value})`

/** out = ((x + y) z + x) y */
export const chain = ({ size, x, y, z, out }) =>
  over(
    'chain',
    size,
    '',
    '(local $x v128) (local $y v128)',
    `(local.set $x ${load(x)})
      (local.set $y ${load(y)})
      ${store(
        out,
        `(f32x4.mul (f32x4.add (f32x4.mul (f32x4.add (local.get $x) (local.get $y)) ${load(z)}) (local.get $x)) (local.get $y))`,
      )}`,
  )

/** v = momentum v + g, p = p - lr v */
export const sgd = ({ size, p, g, v }) =>
  over(
    'sgd',
    size,
    '(param $lr f32) (param $momentum f32)',
    '(local $v v128)',
    `(local.set $v (f32x4.add (f32x4.mul ${load(v)} (f32x4.splat (local.get $momentum))) ${load(g)}))
      ${store(v, '(local.get $v)')}
      ${store(p, `(f32x4.sub ${load(p)} (f32x4.mul (local.get $v) (f32x4.splat (local.get $lr))))`)}`,
  )
