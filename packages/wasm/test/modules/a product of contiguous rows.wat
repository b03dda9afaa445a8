(module
  (import "env" "memory" (memory 0))
  (func $dot.0 (param i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 v128 v128 i32 i32 i32 i32)
    (local.set 3 (i32.load offset=16 (i32.const 0)))
    (local.set 4 (local.get 0))
    (local.set 5 (local.get 1))
    (local.set 6 (local.get 2))
    (local.set 7 (local.get 4))
    (local.set 8 (local.get 6))
    (local.set 12 (i32.const 2))
    (loop
      (local.set 11 (local.get 5))
      (local.set 13 (i32.const 3))
      (loop
        (local.set 9 (v128.const i32x4 0 0 0 0))
        (local.set 14 (i32.const 0))
        (local.set 9
          (f32x4.add
            (local.get 9)
            (f32x4.mul
              (v128.load (i32.add (local.get 7) (local.get 14)))
              (v128.load (i32.add (local.get 11) (local.get 14)))
            )
          )
        )
        (local.set 10 (v128.const i32x4 0 0 0 0))
        (local.set 10
          (f32x4.add
            (local.get 10)
            (f32x4.mul
              (v128.load32_zero offset=16 (local.get 7))
              (v128.load32_zero offset=16 (local.get 11))
            )
          )
        )
        (local.set 9
          (f32x4.add
            (local.get 9)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 9) (local.get 9))
          )
        )
        (local.set 9
          (f32x4.add
            (local.get 9)
            (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get 9) (local.get 9))
          )
        )
        (v128.store32_lane 0 (local.get 8) (f32x4.add (local.get 9) (local.get 10)))
        (local.set 8 (i32.add (local.get 8) (i32.const 4)))
        (local.set 11 (i32.add (local.get 11) (i32.const 20)))
        (br_if 0 (local.tee 13 (i32.sub (local.get 13) (i32.const 1))))
      )
      (local.set 7 (i32.add (local.get 7) (i32.const 20)))
      (br_if 0 (local.tee 12 (i32.sub (local.get 12) (i32.const 1))))
    )
    (local.set 4 (i32.add (local.get 4) (i32.const 40)))
    (local.set 5 (i32.add (local.get 5) (i32.const 60)))
    (local.set 6 (i32.add (local.get 6) (i32.const 24)))
  )
  (func $run (result i32)
    (call $dot.0
      (i32.load (i32.const 0))
      (i32.load offset=4 (i32.const 0))
      (i32.load offset=8 (i32.const 0))
    )
    (return (i32.const 0))
  )
  (export "run" (func $run))
)