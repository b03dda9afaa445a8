(module
  (import "env" "memory" (memory 0))
  (func $loop.0 (param i32 i32)
    (local i32 i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 i32 i32 i32 i32 v128 v128 v128 v128 i32)
    (local.set 22 (i32.load offset=24 (i32.const 0)))
    (local.set 2 (i32.load offset=16 (i32.const 0)))
    (local.set 3 (local.get 0))
    (local.set 4 (local.get 1))
    (local.set 5 (local.get 3))
    (local.set 6 (local.get 4))
    (local.set 7 (i32.load (local.get 22)))
    (loop
      (local.set 8 (v128.const i32x4 0 0 0 0))
      (local.set 9 (v128.const i32x4 0 0 0 0))
      (local.set 10 (v128.const i32x4 0 0 0 0))
      (local.set 11 (v128.const i32x4 0 0 0 0))
      (local.set 12 (v128.const i32x4 0 0 0 0))
      (local.set 13 (v128.const i32x4 0 0 0 0))
      (local.set 14 (i32.const 0))
      (local.set 15 (i32.add (local.get 14) (i32.load offset=4 (local.get 22))))
      (local.set 16
        (i32.add (local.get 14) (i32.and (i32.sub (local.get 15) (local.get 14)) (i32.const -64)))
      )
      (local.set 17 (local.get 14))
      (if
        (i32.lt_u (local.get 17) (local.get 16))
        (then
          (loop
            (local.set 18 (v128.load (i32.add (local.get 5) (local.get 17))))
            (local.set 19 (v128.load offset=16 (i32.add (local.get 5) (local.get 17))))
            (local.set 20 (v128.load offset=32 (i32.add (local.get 5) (local.get 17))))
            (local.set 21 (v128.load offset=48 (i32.add (local.get 5) (local.get 17))))
            (local.set 10 (f32x4.add (local.get 10) (local.get 18)))
            (local.set 11 (f32x4.add (local.get 11) (local.get 19)))
            (local.set 12 (f32x4.add (local.get 12) (local.get 20)))
            (local.set 13 (f32x4.add (local.get 13) (local.get 21)))
            (br_if 0
              (i32.lt_u (local.tee 17 (i32.add (local.get 17) (i32.const 64))) (local.get 16))
            )
          )
        )
      )
      (local.set 14 (local.get 16))
      (local.set 16
        (i32.add (local.get 14) (i32.and (i32.sub (local.get 15) (local.get 14)) (i32.const -16)))
      )
      (local.set 17 (local.get 14))
      (if
        (i32.lt_u (local.get 17) (local.get 16))
        (then
          (loop
            (local.set 21 (v128.load (i32.add (local.get 5) (local.get 17))))
            (local.set 10 (f32x4.add (local.get 10) (local.get 21)))
            (br_if 0
              (i32.lt_u (local.tee 17 (i32.add (local.get 17) (i32.const 16))) (local.get 16))
            )
          )
        )
      )
      (local.set 14 (local.get 16))
      (local.set 16
        (i32.add (local.get 14) (i32.and (i32.sub (local.get 15) (local.get 14)) (i32.const -4)))
      )
      (local.set 17 (local.get 14))
      (if
        (i32.lt_u (local.get 17) (local.get 16))
        (then
          (loop
            (local.set 21 (v128.load32_splat (i32.add (local.get 5) (local.get 17))))
            (local.set 9 (f32x4.add (local.get 9) (local.get 21)))
            (br_if 0
              (i32.lt_u (local.tee 17 (i32.add (local.get 17) (i32.const 4))) (local.get 16))
            )
          )
        )
      )
      (local.set 14 (local.get 16))
      (local.set 10 (f32x4.add (local.get 10) (local.get 11)))
      (local.set 12 (f32x4.add (local.get 12) (local.get 13)))
      (local.set 10 (f32x4.add (local.get 10) (local.get 12)))
      (local.set 8 (f32x4.add (local.get 8) (local.get 10)))
      (local.set 8
        (f32x4.add
          (local.get 8)
          (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 8) (local.get 8))
        )
      )
      (local.set 8
        (f32x4.add
          (local.get 8)
          (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get 8) (local.get 8))
        )
      )
      (local.set 8 (f32x4.add (local.get 8) (local.get 9)))
      (v128.store32_lane 0 (local.get 6) (local.get 8))
      (local.set 5 (i32.add (local.get 5) (i32.load offset=8 (local.get 22))))
      (local.set 6 (i32.add (local.get 6) (i32.const 4)))
      (br_if 0 (local.tee 7 (i32.sub (local.get 7) (i32.const 1))))
    )
  )
  (func $loop.1 (param i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 v128 v128 i32)
    (local.set 11 (i32.load offset=24 (i32.const 0)))
    (local.set 2 (i32.load offset=16 (i32.const 0)))
    (local.set 3 (local.get 0))
    (local.set 4 (local.get 1))
    (local.set 5 (i32.const 0))
    (local.set 6 (i32.add (local.get 5) (i32.load offset=12 (local.get 11))))
    (local.set 7
      (i32.add (local.get 5) (i32.and (i32.sub (local.get 6) (local.get 5)) (i32.const -16)))
    )
    (local.set 8 (local.get 5))
    (if
      (i32.lt_u (local.get 8) (local.get 7))
      (then
        (loop
          (local.set 9 (v128.load (i32.add (local.get 3) (local.get 8))))
          (local.set 10 (f32x4.mul (local.get 9) (f32x4.splat (f32.load offset=16 (local.get 11)))))
          (v128.store (i32.add (local.get 4) (local.get 8)) (local.get 10))
          (br_if 0 (i32.lt_u (local.tee 8 (i32.add (local.get 8) (i32.const 16))) (local.get 7)))
        )
      )
    )
    (local.set 5 (local.get 7))
    (local.set 7
      (i32.add (local.get 5) (i32.and (i32.sub (local.get 6) (local.get 5)) (i32.const -4)))
    )
    (local.set 8 (local.get 5))
    (if
      (i32.lt_u (local.get 8) (local.get 7))
      (then
        (loop
          (local.set 10 (v128.load32_splat (i32.add (local.get 3) (local.get 8))))
          (local.set 9 (f32x4.mul (local.get 10) (f32x4.splat (f32.load offset=20 (local.get 11)))))
          (v128.store32_lane 0 (i32.add (local.get 4) (local.get 8)) (local.get 9))
          (br_if 0 (i32.lt_u (local.tee 8 (i32.add (local.get 8) (i32.const 4))) (local.get 7)))
        )
      )
    )
    (local.set 5 (local.get 7))
  )
  (func $run (result i32)
    (local i32)
    (call $loop.0
      (i32.load (i32.load offset=20 (i32.const 0)))
      (i32.load offset=4 (i32.load offset=20 (i32.const 0)))
    )
    (call $loop.1
      (i32.load offset=4 (i32.load offset=20 (i32.const 0)))
      (i32.load offset=4 (i32.load offset=20 (i32.const 0)))
    )
    (return (i32.const 0))
  )
  (export "run" (func $run))
)