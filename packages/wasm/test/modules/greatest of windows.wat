(module
  (import "env" "memory" (memory 0))
  (func $windowArgmax.0 (param i32 i32)
    (local i32 f32 f32 i32 v128 v128 v128 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 v128)
    (local.set 2 (i32.load offset=16 (i32.const 0)))
    (local.set 9 (local.get 0))
    (local.set 10 (i32.const 0))
    (local.set 12 (i32.const 2))
    (loop
      (local.set 13 (i32.const 0))
      (local.set 14 (i32.const 0))
      (local.set 11 (i32.add (i32.shl (local.get 14) (i32.const 1)) (i32.const -1)))
      (local.set 15 (i32.add (local.get 13) (local.get 11)))
      (local.set 16 (i32.add (local.get 9) (i32.shl (local.get 15) (i32.const 2))))
      (local.set 5 (i32.const -1))
      (local.set 8 (i32x4.splat (i32.const -1)))
      (if
        (i32.lt_u (local.get 11) (i32.const 13))
        (then
          (local.set 17 (local.get 16))
          (local.set 4 (f32.load (local.get 17)))
          (local.set 18
            (i32.or
              (i32.lt_s (local.get 5) (i32.const 0))
              (i32.or
                (f32.gt (local.get 4) (local.get 3))
                (i32.and (f32.ne (local.get 4) (local.get 4)) (f32.eq (local.get 3) (local.get 3)))
              )
            )
          )
          (local.set 3 (select (local.get 4) (local.get 3) (local.get 18)))
          (local.set 5 (select (i32.const 0) (local.get 5) (local.get 18)))
        )
      )
      (if
        (i32.lt_u (i32.add (local.get 11) (i32.const 1)) (i32.const 13))
        (then
          (local.set 17 (i32.add (local.get 16) (i32.const 4)))
          (local.set 4 (f32.load (local.get 17)))
          (local.set 18
            (i32.or
              (i32.lt_s (local.get 5) (i32.const 0))
              (i32.or
                (f32.gt (local.get 4) (local.get 3))
                (i32.and (f32.ne (local.get 4) (local.get 4)) (f32.eq (local.get 3) (local.get 3)))
              )
            )
          )
          (local.set 3 (select (local.get 4) (local.get 3) (local.get 18)))
          (local.set 5 (select (i32.const 1) (local.get 5) (local.get 18)))
        )
      )
      (local.set 16 (i32.add (local.get 10) (local.get 14)))
      (i32.store
        (i32.add (local.get 1) (i32.shl (local.get 16) (i32.const 2)))
        (i32.add (local.get 15) (local.get 5))
      )
      (local.set 14 (i32.const 1))
      (loop
        (local.set 16 (select (local.get 14) (i32.const 3) (i32.lt_u (local.get 14) (i32.const 3))))
        (local.set 11 (i32.add (i32.shl (local.get 16) (i32.const 1)) (i32.const -1)))
        (local.set 15 (i32.add (local.get 13) (local.get 11)))
        (local.set 17 (i32.add (local.get 9) (i32.shl (local.get 15) (i32.const 2))))
        (local.set 5 (i32.const -1))
        (local.set 8 (i32x4.splat (i32.const -1)))
        (local.set 7
          (i8x16.shuffle 0 1 2 3 8 9 10 11 20 21 22 23 28 29 30 31
            (v128.load (local.get 17))
            (v128.load offset=12 (local.get 17))
          )
        )
        (local.set 6 (local.get 7))
        (local.set 8 (i32x4.splat (i32.const 0)))
        (local.set 7
          (i8x16.shuffle 0 1 2 3 8 9 10 11 20 21 22 23 28 29 30 31
            (v128.load offset=4 (local.get 17))
            (v128.load offset=16 (local.get 17))
          )
        )
        (local.set 19
          (v128.andnot
            (f32x4.eq (local.get 6) (local.get 6))
            (f32x4.le (local.get 7) (local.get 6))
          )
        )
        (local.set 6 (v128.bitselect (local.get 7) (local.get 6) (local.get 19)))
        (local.set 8 (v128.bitselect (i32x4.splat (i32.const 1)) (local.get 8) (local.get 19)))
        (local.set 17 (i32.add (local.get 10) (local.get 16)))
        (v128.store
          (i32.add (local.get 1) (i32.shl (local.get 17) (i32.const 2)))
          (i32x4.add
            (i32x4.add (i32x4.splat (local.get 15)) (v128.const i32x4 0 2 4 6))
            (local.get 8)
          )
        )
        (br_if 0 (i32.lt_u (local.tee 14 (i32.add (local.get 14) (i32.const 4))) (i32.const 7)))
      )
      (local.set 10 (i32.add (local.get 10) (i32.const 7)))
      (local.set 9 (i32.add (local.get 9) (i32.const 52)))
      (br_if 0 (local.tee 12 (i32.sub (local.get 12) (i32.const 1))))
    )
  )
  (func $run (result i32)
    (call $windowArgmax.0 (i32.load (i32.const 0)) (i32.load offset=4 (i32.const 0)))
    (return (i32.const 0))
  )
  (export "run" (func $run))
)