(module
  (import "env" "memory" (memory 0))
  (func $loop.0 (param i32 i32)
    (local i32 i32 i32 v128 v128)
    (local.set 2 (i32.load offset=16 (i32.const 0)))
    (local.set 3 (local.get 0))
    (local.set 4 (local.get 1))
    (local.set 5 (v128.load (local.get 3)))
    (local.set 6 (call $exp (local.get 5)))
    (v128.store (local.get 4) (local.get 6))
  )
  (func $exp (param v128) (result v128)
    (local v128 v128 v128 v128 v128 v128 v128)
    (local.set 1
      (f32x4.pmin
        (f32x4.pmax (local.get 0) (v128.load32_splat (i32.const 512)))
        (v128.load32_splat (i32.const 516))
      )
    )
    (local.set 2
      (f32x4.add
        (v128.load32_splat (i32.const 524))
        (f32x4.mul (local.get 1) (v128.load32_splat (i32.const 520)))
      )
    )
    (local.set 3 (f32x4.sub (local.get 2) (v128.load32_splat (i32.const 524))))
    (local.set 4
      (f32x4.sub
        (f32x4.sub (local.get 1) (f32x4.mul (local.get 3) (v128.load32_splat (i32.const 528))))
        (f32x4.mul (local.get 3) (v128.load32_splat (i32.const 532)))
      )
    )
    (local.set 5
      (f32x4.add
        (v128.load32_splat (i32.const 556))
        (f32x4.mul
          (f32x4.add
            (v128.load32_splat (i32.const 552))
            (f32x4.mul
              (f32x4.add
                (v128.load32_splat (i32.const 548))
                (f32x4.mul
                  (f32x4.add
                    (v128.load32_splat (i32.const 544))
                    (f32x4.mul
                      (f32x4.add
                        (v128.load32_splat (i32.const 540))
                        (f32x4.mul (v128.load32_splat (i32.const 536)) (local.get 4))
                      )
                      (local.get 4)
                    )
                  )
                  (local.get 4)
                )
              )
              (local.get 4)
            )
          )
          (local.get 4)
        )
      )
    )
    (local.set 6 (i32x4.sub (local.get 2) (v128.load32_splat (i32.const 524))))
    (local.set 7 (i32x4.shr_s (local.get 6) (i32.const 1)))
    (return
      (f32x4.mul
        (f32x4.mul
          (local.get 5)
          (i32x4.shl (i32x4.add (local.get 7) (v128.load32_splat (i32.const 560))) (i32.const 23))
        )
        (v128.and
          (i32x4.shl
            (i32x4.add (i32x4.sub (local.get 6) (local.get 7)) (v128.load32_splat (i32.const 560)))
            (i32.const 23)
          )
          (f32x4.ge (local.get 0) (v128.load32_splat (i32.const 512)))
        )
      )
    )
  )
  (func $run (result i32)
    (call $loop.0 (i32.load (i32.const 0)) (i32.load offset=4 (i32.const 0)))
    (return (i32.const 0))
  )
  (export "run" (func $run))
)