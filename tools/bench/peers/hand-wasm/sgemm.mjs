/**
 * C = A B in float32, row-major, in the order of Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (2008): blocks of B and then of A are packed into panels in the order in which the kernel reads them.
 * Sizes are multiples of the blocks: this is an anchor for one size, not a library.
 */
/** The kernel keeps ROWS x COLUMNS sums in registers; 8 x 4 and 2 x 16 are slower in V8, and so is an unrolled loop. */
const [ROWS, COLUMNS] = [4, 8]

/** Addresses in bytes; `depth` and `height` are how much of k and of m is packed at once. */
export function sgemm({ size, a, b, c, packedA, packedB, depth, height }) {
  if (size % depth !== 0 || size % height !== 0 || height % ROWS !== 0 || size % COLUMNS !== 0)
    throw new Error(`sgemm: ${size} is not a multiple of its blocks (${depth}, ${height})`)
  const vectors = Array.from({ length: COLUMNS / 4 }, (_, j) => j)
  const rows = Array.from({ length: ROWS }, (_, i) => i)
  const sums = rows.flatMap((i) => vectors.map((j) => ({ i, j, name: `$c${i}${j}` })))
  const row = 4 * size
  const at = (i, j) => `offset=${i * row + 16 * j} (local.get $c)`
  const end = (from) => sums.map(({ i, j, name }) => `(v128.store ${at(i, j)} ${from(i, j, name)})`).join('\n      ')
  // Sums start from zero, not from c: so the loop does not wait for loads of c.
  const kernel = `
  (func $kernel (param $a i32) (param $b i32) (param $c i32) (param $first i32)
    (local $k i32) (local $s v128)
    ${sums.map(({ name }) => `(local ${name} v128)`).join(' ')}
    ${vectors.map((j) => `(local $b${j} v128)`).join(' ')}
    (local.set $k (i32.const ${depth}))
    (loop $next
      ${vectors.map((j) => `(local.set $b${j} (v128.load offset=${16 * j} (local.get $b)))`).join('\n      ')}
      ${rows
        .map(
          (i) => `(local.set $s (v128.load32_splat offset=${4 * i} (local.get $a)))
      ${vectors
        .map(
          (j) =>
            `(local.set $c${i}${j} (f32x4.add (local.get $c${i}${j}) (f32x4.mul (local.get $s) (local.get $b${j}))))`,
        )
        .join('\n      ')}`,
        )
        .join('\n      ')}
      (local.set $a (i32.add (local.get $a) (i32.const ${4 * ROWS})))
      (local.set $b (i32.add (local.get $b) (i32.const ${4 * COLUMNS})))
      (br_if $next (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
    (if (local.get $first)
      (then
      ${end((i, j, name) => `(local.get ${name})`)})
      (else
      ${end((i, j, name) => `(f32x4.add (local.get ${name}) (v128.load ${at(i, j)}))`)})))`
  // Four rows of four columns at a time, transposed, so that a panel holds ROWS numbers per k.
  const packA = `
  (func $packA (param $from i32)
    (local $to i32) (local $end i32) (local $i i32) (local $next i32)
    ${rows.map((i) => `(local $r${i} v128)`).join(' ')} ${rows.map((i) => `(local $t${i} v128)`).join(' ')}
    (local.set $to (i32.const ${packedA}))
    (loop $panel
      (local.set $next (i32.add (local.get $from) (i32.const ${ROWS * row})))
      (local.set $end (i32.add (local.get $from) (i32.const ${4 * depth})))
      (loop $k
        ${rows.map((i) => `(local.set $r${i} (v128.load offset=${i * row} (local.get $from)))`).join('\n        ')}
        (local.set $t0 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r0) (local.get $r1)))
        (local.set $t1 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r0) (local.get $r1)))
        (local.set $t2 (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 (local.get $r2) (local.get $r3)))
        (local.set $t3 (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31 (local.get $r2) (local.get $r3)))
        ${[
          [0, 't0', 't2', 'low'],
          [16, 't0', 't2', 'high'],
          [32, 't1', 't3', 'low'],
          [48, 't1', 't3', 'high'],
        ]
          .map(
            ([offset, x, y, half]) =>
              `(v128.store offset=${offset} (local.get $to) (i8x16.shuffle ${
                half === 'low'
                  ? '0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23'
                  : '8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31'
              } (local.get $${x}) (local.get $${y})))`,
          )
          .join('\n        ')}
        (local.set $to (i32.add (local.get $to) (i32.const 64)))
        (br_if $k (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 16))) (local.get $end))))
      (local.set $from (local.get $next))
      (br_if $panel (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const ${ROWS}))) (i32.const ${height})))))`
  const packB = `
  (func $packB (param $from i32)
    (local $to i32) (local $end i32) (local $k i32)
    (loop $k
      (local.set $to (i32.add (i32.const ${packedB}) (i32.mul (local.get $k) (i32.const ${4 * COLUMNS}))))
      (local.set $end (i32.add (local.get $from) (i32.const ${row})))
      (loop $panel
        ${vectors.map((j) => `(v128.store offset=${16 * j} (local.get $to) (v128.load offset=${16 * j} (local.get $from)))`).join('\n        ')}
        (local.set $to (i32.add (local.get $to) (i32.const ${4 * COLUMNS * depth})))
        (br_if $panel
          (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const ${4 * COLUMNS}))) (local.get $end))))
      (br_if $k (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${depth})))))`
  const run = `
  (func (export "sgemm")
    (local $k i32) (local $i i32) (local $j i32) (local $r i32) (local $pb i32) (local $pa i32) (local $c i32)
    (loop $depth
      (call $packB (i32.add (i32.const ${b}) (i32.mul (local.get $k) (i32.const ${row}))))
      (local.set $i (i32.const 0))
      (loop $height
        (call $packA (i32.add (i32.const ${a})
          (i32.add (i32.mul (local.get $i) (i32.const ${row})) (i32.shl (local.get $k) (i32.const 2)))))
        (local.set $j (i32.const 0))
        (local.set $pb (i32.const ${packedB}))
        (loop $columns
          (local.set $r (i32.const 0))
          (local.set $pa (i32.const ${packedA}))
          (local.set $c (i32.add (i32.const ${c})
            (i32.add (i32.mul (local.get $i) (i32.const ${row})) (i32.shl (local.get $j) (i32.const 2)))))
          (loop $rows
            (call $kernel (local.get $pa) (local.get $pb) (local.get $c) (i32.eqz (local.get $k)))
            (local.set $pa (i32.add (local.get $pa) (i32.const ${4 * ROWS * depth})))
            (local.set $c (i32.add (local.get $c) (i32.const ${ROWS * row})))
            (br_if $rows (i32.lt_u (local.tee $r (i32.add (local.get $r) (i32.const ${ROWS}))) (i32.const ${height}))))
          (local.set $pb (i32.add (local.get $pb) (i32.const ${4 * COLUMNS * depth})))
          (br_if $columns
            (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const ${COLUMNS}))) (i32.const ${size}))))
        (br_if $height (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const ${height}))) (i32.const ${size}))))
      (br_if $depth (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const ${depth}))) (i32.const ${size})))))`
  return `${kernel}${packA}${packB}${run}`
}
