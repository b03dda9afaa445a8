(module
  (import "env" "memory" (memory 0))
  (func $loop.0 (param i32 i32 i32)
    (local i32 i32 i32 i32 i32 v128 v128 v128)
    (local.set 3 (i32.load offset=16 (i32.const 0)))
    (local.set 4 (local.get 0))
    (local.set 5 (local.get 1))
    (local.set 6 (local.get 2))
    (local.set 7 (i32.const 0))
    (loop
      (local.set 8
        (i32x4.extend_low_i16x8_u
          (i16x8.extend_low_i8x16_u (v128.load32_zero (i32.add (local.get 4) (local.get 7))))
        )
      )
      (local.set 9
        (i32x4.extend_low_i16x8_u
          (i16x8.extend_low_i8x16_u (v128.load32_zero (i32.add (local.get 5) (local.get 7))))
        )
      )
      (local.set 10 (i32x4.lt_s (local.get 8) (local.get 9)))
      (v128.store32_lane 0
        (i32.add (local.get 6) (local.get 7))
        (i8x16.shuffle 0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12
          (v128.and (local.get 10) (i32x4.splat (i32.const 1)))
          (v128.and (local.get 10) (i32x4.splat (i32.const 1)))
        )
      )
      (br_if 0 (i32.lt_u (local.tee 7 (i32.add (local.get 7) (i32.const 4))) (i32.const 8)))
    )
    (local.set 10 (i32x4.splat (i32.load8_u offset=8 (local.get 4))))
    (local.set 9 (i32x4.splat (i32.load8_u offset=8 (local.get 5))))
    (local.set 8 (i32x4.lt_s (local.get 10) (local.get 9)))
    (i32.store8 offset=8
      (local.get 6)
      (i32x4.extract_lane 0 (v128.and (local.get 8) (i32x4.splat (i32.const 1))))
    )
  )
  (func $run (result i32)
    (call $loop.0
      (i32.load (i32.const 0))
      (i32.load offset=4 (i32.const 0))
      (i32.load offset=8 (i32.const 0))
    )
    (return (i32.const 0))
  )
  (export "run" (func $run))
)