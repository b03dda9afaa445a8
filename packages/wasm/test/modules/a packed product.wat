(module
  (import "env" "memory" (memory 0))
  (func $dot.0 (param i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32)
    (local.set 3 (i32.load offset=16 (i32.const 0)))
    (local.set 4 (local.get 0))
    (local.set 5 (local.get 1))
    (local.set 6 (local.get 2))
    (local.set 7 (local.get 3))
    (local.set 8 (i32.add (local.get 3) (i32.const 128)))
    (local.set 9 (i32.add (local.get 3) (i32.const 4224)))
    (call $gemm.pack8.across
      (local.get 5)
      (i32.const 128)
      (i32.const 32)
      (i32.const 32)
      (local.get 9)
      (i32.const 0)
    )
    (call $gemm.pack4.across
      (local.get 4)
      (i32.const 128)
      (i32.const 32)
      (i32.const 32)
      (local.get 8)
      (i32.const 0)
    )
    (call $gemm.blocks
      (local.get 8)
      (local.get 9)
      (local.get 6)
      (i32.const 128)
      (i32.const 32)
      (i32.const 32)
      (i32.const 32)
      (i32.ne (i32.const 0) (i32.const 0))
      (local.get 7)
      (i32.const 0)
    )
    (local.set 4 (i32.add (local.get 4) (i32.const 4096)))
    (local.set 5 (i32.add (local.get 5) (i32.const 4096)))
    (local.set 6 (i32.add (local.get 6) (i32.const 4096)))
  )
  (func $gemm.blocks (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local.set 10 (i32.const 0))
    (if
      (i32.lt_u (local.get 10) (local.get 5))
      (then
        (loop
          (local.set 11
            (i32.add (local.get 1) (i32.mul (i32.shl (local.get 10) (i32.const 2)) (local.get 6)))
          )
          (local.set 12 (i32.const 8))
          (local.set 13 (i32.sub (local.get 5) (local.get 10)))
          (local.set 14
            (select (local.get 12) (local.get 13) (i32.lt_u (local.get 12) (local.get 13)))
          )
          (local.set 15 (i32.add (local.get 2) (i32.shl (local.get 10) (i32.const 2))))
          (local.set 16 (i32.add (local.get 9) (i32.shl (local.get 10) (i32.const 2))))
          (local.set 17 (i32.eq (local.get 14) (i32.const 8)))
          (local.set 18 (i32.const 0))
          (if
            (i32.lt_u (local.get 18) (local.get 4))
            (then
              (loop
                (local.set 19
                  (i32.add
                    (local.get 0)
                    (i32.mul (i32.shl (local.get 18) (i32.const 2)) (local.get 6))
                  )
                )
                (local.set 20 (i32.const 4))
                (local.set 21 (i32.sub (local.get 4) (local.get 18)))
                (local.set 22
                  (select (local.get 20) (local.get 21) (i32.lt_u (local.get 20) (local.get 21)))
                )
                (if
                  (i32.and (local.get 17) (i32.eq (local.get 22) (i32.const 4)))
                  (then
                    (call $gemm.kernel
                      (local.get 19)
                      (local.get 11)
                      (i32.add (local.get 15) (i32.mul (local.get 18) (local.get 3)))
                      (local.get 3)
                      (local.get 6)
                      (local.get 7)
                    )
                  )
                  (else
                    (call $gemm.kernel
                      (local.get 19)
                      (local.get 11)
                      (local.get 8)
                      (i32.const 32)
                      (local.get 6)
                      (i32.const 0)
                    )
                    (call $gemm.edge
                      (local.get 8)
                      (i32.const 32)
                      (i32.add (local.get 15) (i32.mul (local.get 18) (local.get 3)))
                      (local.get 3)
                      (local.get 22)
                      (local.get 14)
                      (local.get 7)
                    )
                  )
                )
                (br_if 0
                  (i32.lt_u (local.tee 18 (i32.add (local.get 18) (i32.const 4))) (local.get 4))
                )
              )
            )
          )
          (br_if 0 (i32.lt_u (local.tee 10 (i32.add (local.get 10) (i32.const 8))) (local.get 5)))
        )
      )
    )
  )
  (func $gemm.pack8.across (param i32 i32 i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32)
    (local.set 6 (i32.const 0))
    (if
      (i32.lt_u (local.get 6) (local.get 2))
      (then
        (loop
          (local.set 7 (i32.add (local.get 0) (i32.shl (local.get 6) (i32.const 2))))
          (local.set 8 (i32.sub (local.get 2) (local.get 6)))
          (local.set 9 (i32.const 0))
          (if
            (i32.ge_u (local.get 8) (i32.const 8))
            (then
              (loop
                (v128.store (local.get 4) (v128.load (local.get 7)))
                (v128.store offset=16 (local.get 4) (v128.load offset=16 (local.get 7)))
                (local.set 4 (i32.add (local.get 4) (i32.const 32)))
                (local.set 7 (i32.add (local.get 7) (local.get 1)))
                (br_if 0
                  (i32.lt_u (local.tee 9 (i32.add (local.get 9) (i32.const 1))) (local.get 3))
                )
              )
            )
            (else
              (memory.fill (local.get 4) (i32.const 0) (i32.mul (local.get 3) (i32.const 32)))
              (local.set 10 (i32.const 0))
              (if
                (i32.lt_u (local.get 10) (local.get 8))
                (then
                  (loop
                    (local.set 11 (i32.add (local.get 7) (i32.shl (local.get 10) (i32.const 2))))
                    (local.set 12 (i32.add (local.get 4) (i32.shl (local.get 10) (i32.const 2))))
                    (local.set 13 (i32.const 0))
                    (if
                      (i32.lt_u (local.get 13) (local.get 3))
                      (then
                        (loop
                          (f32.store (local.get 12) (f32.load (local.get 11)))
                          (local.set 11 (i32.add (local.get 11) (local.get 1)))
                          (local.set 12 (i32.add (local.get 12) (i32.const 32)))
                          (br_if 0
                            (i32.lt_u
                              (local.tee 13 (i32.add (local.get 13) (i32.const 1)))
                              (local.get 3)
                            )
                          )
                        )
                      )
                    )
                    (br_if 0
                      (i32.lt_u (local.tee 10 (i32.add (local.get 10) (i32.const 1))) (local.get 8))
                    )
                  )
                )
              )
              (local.set 4 (i32.add (local.get 4) (i32.mul (local.get 3) (i32.const 32))))
            )
          )
          (local.set 4 (i32.add (local.get 4) (local.get 5)))
          (br_if 0 (i32.lt_u (local.tee 6 (i32.add (local.get 6) (i32.const 8))) (local.get 2)))
        )
      )
    )
  )
  (func $gemm.pack4.across (param i32 i32 i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32)
    (local.set 6 (i32.const 0))
    (if
      (i32.lt_u (local.get 6) (local.get 2))
      (then
        (loop
          (local.set 7 (i32.add (local.get 0) (i32.shl (local.get 6) (i32.const 2))))
          (local.set 8 (i32.sub (local.get 2) (local.get 6)))
          (local.set 9 (i32.const 0))
          (if
            (i32.ge_u (local.get 8) (i32.const 4))
            (then
              (loop
                (v128.store (local.get 4) (v128.load (local.get 7)))
                (local.set 4 (i32.add (local.get 4) (i32.const 16)))
                (local.set 7 (i32.add (local.get 7) (local.get 1)))
                (br_if 0
                  (i32.lt_u (local.tee 9 (i32.add (local.get 9) (i32.const 1))) (local.get 3))
                )
              )
            )
            (else
              (memory.fill (local.get 4) (i32.const 0) (i32.mul (local.get 3) (i32.const 16)))
              (local.set 10 (i32.const 0))
              (if
                (i32.lt_u (local.get 10) (local.get 8))
                (then
                  (loop
                    (local.set 11 (i32.add (local.get 7) (i32.shl (local.get 10) (i32.const 2))))
                    (local.set 12 (i32.add (local.get 4) (i32.shl (local.get 10) (i32.const 2))))
                    (local.set 13 (i32.const 0))
                    (if
                      (i32.lt_u (local.get 13) (local.get 3))
                      (then
                        (loop
                          (f32.store (local.get 12) (f32.load (local.get 11)))
                          (local.set 11 (i32.add (local.get 11) (local.get 1)))
                          (local.set 12 (i32.add (local.get 12) (i32.const 16)))
                          (br_if 0
                            (i32.lt_u
                              (local.tee 13 (i32.add (local.get 13) (i32.const 1)))
                              (local.get 3)
                            )
                          )
                        )
                      )
                    )
                    (br_if 0
                      (i32.lt_u (local.tee 10 (i32.add (local.get 10) (i32.const 1))) (local.get 8))
                    )
                  )
                )
              )
              (local.set 4 (i32.add (local.get 4) (i32.mul (local.get 3) (i32.const 16))))
            )
          )
          (local.set 4 (i32.add (local.get 4) (local.get 5)))
          (br_if 0 (i32.lt_u (local.tee 6 (i32.add (local.get 6) (i32.const 4))) (local.get 2)))
        )
      )
    )
  )
  (func $run (result i32)
    (call $dot.0
      (i32.load (i32.const 0))
      (i32.load offset=4 (i32.const 0))
      (i32.load offset=8 (i32.const 0))
    )
    (return (i32.const 0))
  )
  (func $gemm.kernel (param i32 i32 i32 i32 i32 i32)
    (local v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 i32 i32)
    (loop
      (local.set 14 (v128.load (local.get 1)))
      (local.set 15 (v128.load offset=16 (local.get 1)))
      (local.set 16 (v128.load32_splat (local.get 0)))
      (local.set 6 (f32x4.add (local.get 6) (f32x4.mul (local.get 16) (local.get 14))))
      (local.set 7 (f32x4.add (local.get 7) (f32x4.mul (local.get 16) (local.get 15))))
      (local.set 16 (v128.load32_splat offset=4 (local.get 0)))
      (local.set 8 (f32x4.add (local.get 8) (f32x4.mul (local.get 16) (local.get 14))))
      (local.set 9 (f32x4.add (local.get 9) (f32x4.mul (local.get 16) (local.get 15))))
      (local.set 16 (v128.load32_splat offset=8 (local.get 0)))
      (local.set 10 (f32x4.add (local.get 10) (f32x4.mul (local.get 16) (local.get 14))))
      (local.set 11 (f32x4.add (local.get 11) (f32x4.mul (local.get 16) (local.get 15))))
      (local.set 16 (v128.load32_splat offset=12 (local.get 0)))
      (local.set 12 (f32x4.add (local.get 12) (f32x4.mul (local.get 16) (local.get 14))))
      (local.set 13 (f32x4.add (local.get 13) (f32x4.mul (local.get 16) (local.get 15))))
      (local.set 0 (i32.add (local.get 0) (i32.const 16)))
      (local.set 1 (i32.add (local.get 1) (i32.const 32)))
      (br_if 0 (local.tee 4 (i32.sub (local.get 4) (i32.const 1))))
    )
    (if
      (local.get 5)
      (then
        (local.set 17 (local.get 2))
        (v128.store (local.get 17) (f32x4.add (v128.load (local.get 17)) (local.get 6)))
        (v128.store offset=16
          (local.get 17)
          (f32x4.add (v128.load offset=16 (local.get 17)) (local.get 7))
        )
        (local.set 17 (i32.add (local.get 17) (local.get 3)))
        (v128.store (local.get 17) (f32x4.add (v128.load (local.get 17)) (local.get 8)))
        (v128.store offset=16
          (local.get 17)
          (f32x4.add (v128.load offset=16 (local.get 17)) (local.get 9))
        )
        (local.set 17 (i32.add (local.get 17) (local.get 3)))
        (v128.store (local.get 17) (f32x4.add (v128.load (local.get 17)) (local.get 10)))
        (v128.store offset=16
          (local.get 17)
          (f32x4.add (v128.load offset=16 (local.get 17)) (local.get 11))
        )
        (local.set 17 (i32.add (local.get 17) (local.get 3)))
        (v128.store (local.get 17) (f32x4.add (v128.load (local.get 17)) (local.get 12)))
        (v128.store offset=16
          (local.get 17)
          (f32x4.add (v128.load offset=16 (local.get 17)) (local.get 13))
        )
      )
      (else
        (local.set 18 (local.get 2))
        (v128.store (local.get 18) (local.get 6))
        (v128.store offset=16 (local.get 18) (local.get 7))
        (local.set 18 (i32.add (local.get 18) (local.get 3)))
        (v128.store (local.get 18) (local.get 8))
        (v128.store offset=16 (local.get 18) (local.get 9))
        (local.set 18 (i32.add (local.get 18) (local.get 3)))
        (v128.store (local.get 18) (local.get 10))
        (v128.store offset=16 (local.get 18) (local.get 11))
        (local.set 18 (i32.add (local.get 18) (local.get 3)))
        (v128.store (local.get 18) (local.get 12))
        (v128.store offset=16 (local.get 18) (local.get 13))
      )
    )
  )
  (func $gemm.edge (param i32 i32 i32 i32 i32 i32 i32)
    (local i32 i32 i32 i32)
    (local.set 7 (i32.const 0))
    (if
      (i32.lt_u (local.get 7) (local.get 4))
      (then
        (loop
          (local.set 8 (i32.const 0))
          (if
            (i32.lt_u (local.get 8) (local.get 5))
            (then
              (loop
                (local.set 9
                  (i32.add
                    (i32.add (local.get 0) (i32.mul (local.get 7) (local.get 1)))
                    (i32.shl (local.get 8) (i32.const 2))
                  )
                )
                (local.set 10
                  (i32.add
                    (i32.add (local.get 2) (i32.mul (local.get 7) (local.get 3)))
                    (i32.shl (local.get 8) (i32.const 2))
                  )
                )
                (if
                  (local.get 6)
                  (then
                    (f32.store
                      (local.get 10)
                      (f32.add (f32.load (local.get 10)) (f32.load (local.get 9)))
                    )
                  )
                  (else
                    (f32.store (local.get 10) (f32.load (local.get 9)))
                  )
                )
                (br_if 0
                  (i32.lt_u (local.tee 8 (i32.add (local.get 8) (i32.const 1))) (local.get 5))
                )
              )
            )
          )
          (br_if 0 (i32.lt_u (local.tee 7 (i32.add (local.get 7) (i32.const 1))) (local.get 4)))
        )
      )
    )
  )
  (export "run" (func $run))
)