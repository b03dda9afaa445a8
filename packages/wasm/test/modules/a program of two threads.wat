(module
  (import "env" "look" (func $look (param i32)))
  (import "env" "memory" (memory 0 65536 shared))
  (func $dot.0 (param i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (local.set 4 (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16400)))
    (local.set 5 (i32.add (local.get 4) (i32.mul (local.get 3) (i32.const 24704))))
    (local.set 6 (local.get 0))
    (local.set 7 (local.get 1))
    (local.set 8 (local.get 2))
    (local.set 9 (i32.shl (local.get 3) (i32.const 5)))
    (local.set 9 (select (local.get 9) (i32.const 64) (i32.lt_u (local.get 9) (i32.const 64))))
    (local.set 10 (i32.add (local.get 9) (i32.const 32)))
    (local.set 10 (select (local.get 10) (i32.const 64) (i32.lt_u (local.get 10) (i32.const 64))))
    (local.set 11 (i32.shl (local.get 3) (i32.const 5)))
    (local.set 11 (select (local.get 11) (i32.const 64) (i32.lt_u (local.get 11) (i32.const 64))))
    (local.set 12 (i32.add (local.get 11) (i32.const 32)))
    (local.set 12 (select (local.get 12) (i32.const 64) (i32.lt_u (local.get 12) (i32.const 64))))
    (local.set 13 (local.get 5))
    (local.set 14 (i32.add (local.get 5) (i32.const 128)))
    (local.set 15 (i32.add (local.get 5) (i32.const 16512)))
    (local.set 16 (local.get 11))
    (if
      (i32.lt_u (local.get 16) (local.get 12))
      (then
        (loop
          (local.set 17 (i32.const 32))
          (local.set 18 (i32.sub (local.get 12) (local.get 16)))
          (local.set 19
            (select (local.get 17) (local.get 18) (i32.lt_u (local.get 17) (local.get 18)))
          )
          (call $gemm.pack8.across
            (i32.add (local.get 7) (i32.shl (local.get 16) (i32.const 2)))
            (i32.const 256)
            (local.get 19)
            (i32.const 64)
            (local.get 15)
            (i32.const 0)
          )
          (call $gemm.pack4.along
            (local.get 6)
            (i32.const 256)
            (i32.const 64)
            (i32.const 64)
            (local.get 14)
            (i32.const 0)
          )
          (call $gemm.blocks
            (local.get 14)
            (local.get 15)
            (i32.add (local.get 8) (i32.shl (local.get 16) (i32.const 2)))
            (i32.const 256)
            (i32.const 64)
            (local.get 19)
            (i32.const 64)
            (i32.ne (i32.const 0) (i32.const 0))
            (local.get 13)
            (i32.const 0)
          )
          (br_if 0 (i32.lt_u (local.tee 16 (i32.add (local.get 16) (i32.const 32))) (local.get 12)))
        )
      )
    )
    (local.set 6 (i32.add (local.get 6) (i32.const 16384)))
    (local.set 7 (i32.add (local.get 7) (i32.const 16384)))
    (local.set 8 (i32.add (local.get 8) (i32.const 16384)))
  )
  (func $barrier (param i32)
    (local i32 i32)
    (local.set 1 (i32.atomic.load offset=256 (i32.const 0)))
    (if
      (i32.lt_s (local.get 1) (i32.const 0))
      (then
        (return)
      )
    )
    (if
      (i32.eq (i32.atomic.rmw.add offset=192 (i32.const 0) (i32.const 1)) (i32.const 1))
      (then
        (i32.atomic.store offset=192 (i32.const 0) (i32.const 0))
        (i32.atomic.store offset=256 (i32.const 0) (i32.add (local.get 1) (i32.const 1)))
        (drop (memory.atomic.notify offset=256 (i32.const 0) (i32.const 2147483647)))
        (return)
      )
    )
    (local.set 2 (i32.const 8192))
    (loop
      (if
        (i32.ne (i32.atomic.load offset=256 (i32.const 0)) (local.get 1))
        (then
          (return)
        )
      )
      (local.set 2 (i32.sub (local.get 2) (i32.const 1)))
      (if
        (i32.lt_s (local.get 2) (i32.const 0))
        (then
          (if
            (local.get 0)
            (then
              (drop (memory.atomic.wait32 offset=256 (i32.const 0) (local.get 1) (i64.const -1)))
            )
            (else
              (call $look (local.get 1))
              (local.set 2 (i32.const 8192))
            )
          )
        )
      )
      (br_if 0 (i32.const 1))
    )
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
  (func $gemm.pack4.along (param i32 i32 i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 v128 v128)
    (local.set 6 (i32.const 0))
    (if
      (i32.lt_u (local.get 6) (local.get 2))
      (then
        (loop
          (local.set 7 (i32.add (local.get 0) (i32.mul (local.get 6) (local.get 1))))
          (local.set 8 (i32.sub (local.get 2) (local.get 6)))
          (local.set 9 (i32.const 0))
          (if
            (i32.ge_u (local.get 8) (i32.const 4))
            (then
              (local.set 10 (i32.and (local.get 3) (i32.const -4)))
              (local.set 11 (i32.add (local.get 7) (i32.mul (local.get 1) (i32.const 0))))
              (local.set 12 (i32.add (local.get 7) (i32.mul (local.get 1) (i32.const 1))))
              (local.set 13 (i32.add (local.get 7) (i32.mul (local.get 1) (i32.const 2))))
              (local.set 14 (i32.add (local.get 7) (i32.mul (local.get 1) (i32.const 3))))
              (local.set 15 (i32.const 0))
              (if
                (i32.lt_u (local.get 15) (local.get 10))
                (then
                  (loop
                    (local.set 16
                      (v128.load (i32.add (local.get 11) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (local.set 17
                      (v128.load (i32.add (local.get 12) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (local.set 18
                      (v128.load (i32.add (local.get 13) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (local.set 19
                      (v128.load (i32.add (local.get 14) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (local.set 20
                      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
                        (local.get 16)
                        (local.get 17)
                      )
                    )
                    (local.set 21
                      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
                        (local.get 16)
                        (local.get 17)
                      )
                    )
                    (local.set 22
                      (i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
                        (local.get 18)
                        (local.get 19)
                      )
                    )
                    (local.set 23
                      (i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
                        (local.get 18)
                        (local.get 19)
                      )
                    )
                    (v128.store
                      (local.get 4)
                      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
                        (local.get 20)
                        (local.get 22)
                      )
                    )
                    (v128.store offset=16
                      (local.get 4)
                      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
                        (local.get 20)
                        (local.get 22)
                      )
                    )
                    (v128.store offset=32
                      (local.get 4)
                      (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
                        (local.get 21)
                        (local.get 23)
                      )
                    )
                    (v128.store offset=48
                      (local.get 4)
                      (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
                        (local.get 21)
                        (local.get 23)
                      )
                    )
                    (local.set 4 (i32.add (local.get 4) (i32.const 64)))
                    (br_if 0
                      (i32.lt_u
                        (local.tee 15 (i32.add (local.get 15) (i32.const 4)))
                        (local.get 10)
                      )
                    )
                  )
                )
              )
              (local.set 15 (local.get 10))
              (if
                (i32.lt_u (local.get 15) (local.get 3))
                (then
                  (loop
                    (f32.store
                      (local.get 4)
                      (f32.load (i32.add (local.get 11) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (f32.store offset=4
                      (local.get 4)
                      (f32.load (i32.add (local.get 12) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (f32.store offset=8
                      (local.get 4)
                      (f32.load (i32.add (local.get 13) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (f32.store offset=12
                      (local.get 4)
                      (f32.load (i32.add (local.get 14) (i32.shl (local.get 15) (i32.const 2))))
                    )
                    (local.set 4 (i32.add (local.get 4) (i32.const 16)))
                    (br_if 0
                      (i32.lt_u (local.tee 15 (i32.add (local.get 15) (i32.const 1))) (local.get 3))
                    )
                  )
                )
              )
            )
            (else
              (memory.fill (local.get 4) (i32.const 0) (i32.mul (local.get 3) (i32.const 16)))
              (local.set 14 (i32.const 0))
              (if
                (i32.lt_u (local.get 14) (local.get 8))
                (then
                  (loop
                    (local.set 13 (i32.add (local.get 7) (i32.mul (local.get 14) (local.get 1))))
                    (local.set 12 (i32.add (local.get 4) (i32.shl (local.get 14) (i32.const 2))))
                    (local.set 11 (i32.const 0))
                    (if
                      (i32.lt_u (local.get 11) (local.get 3))
                      (then
                        (loop
                          (f32.store (local.get 12) (f32.load (local.get 13)))
                          (local.set 13 (i32.add (local.get 13) (i32.const 4)))
                          (local.set 12 (i32.add (local.get 12) (i32.const 16)))
                          (br_if 0
                            (i32.lt_u
                              (local.tee 11 (i32.add (local.get 11) (i32.const 1)))
                              (local.get 3)
                            )
                          )
                        )
                      )
                    )
                    (br_if 0
                      (i32.lt_u (local.tee 14 (i32.add (local.get 14) (i32.const 1))) (local.get 8))
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
  (func $loop.0 (param i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 i32 i32 v128 v128 v128 v128 v128 v128 i32 v128 v128 v128 v128)
    (local.set 3 (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16400)))
    (local.set 4 (i32.add (local.get 3) (i32.mul (local.get 2) (i32.const 24704))))
    (local.set 5 (local.get 0))
    (local.set 6 (local.get 1))
    (local.set 7 (i32.shl (local.get 2) (i32.const 5)))
    (local.set 7 (select (local.get 7) (i32.const 64) (i32.lt_u (local.get 7) (i32.const 64))))
    (local.set 8 (i32.add (local.get 7) (i32.const 32)))
    (local.set 8 (select (local.get 8) (i32.const 64) (i32.lt_u (local.get 8) (i32.const 64))))
    (local.set 9 (i32.add (local.get 5) (i32.shl (local.get 7) (i32.const 8))))
    (local.set 10 (i32.add (local.get 6) (i32.shl (local.get 7) (i32.const 2))))
    (local.set 11 (i32.sub (local.get 8) (local.get 7)))
    (if
      (local.get 11)
      (then
        (loop
          (local.set 12 (v128.const i32x4 0 0 0 0))
          (local.set 13 (v128.const i32x4 0 0 0 0))
          (local.set 14 (v128.const i32x4 0 0 0 0))
          (local.set 15 (v128.const i32x4 0 0 0 0))
          (local.set 16 (v128.const i32x4 0 0 0 0))
          (local.set 17 (v128.const i32x4 0 0 0 0))
          (local.set 18 (i32.const 0))
          (loop
            (local.set 19 (v128.load (i32.add (local.get 9) (local.get 18))))
            (local.set 20 (v128.load offset=16 (i32.add (local.get 9) (local.get 18))))
            (local.set 21 (v128.load offset=32 (i32.add (local.get 9) (local.get 18))))
            (local.set 22 (v128.load offset=48 (i32.add (local.get 9) (local.get 18))))
            (local.set 14 (f32x4.add (local.get 14) (local.get 19)))
            (local.set 15 (f32x4.add (local.get 15) (local.get 20)))
            (local.set 16 (f32x4.add (local.get 16) (local.get 21)))
            (local.set 17 (f32x4.add (local.get 17) (local.get 22)))
            (br_if 0
              (i32.lt_u (local.tee 18 (i32.add (local.get 18) (i32.const 64))) (i32.const 256))
            )
          )
          (local.set 14 (f32x4.add (local.get 14) (local.get 15)))
          (local.set 16 (f32x4.add (local.get 16) (local.get 17)))
          (local.set 14 (f32x4.add (local.get 14) (local.get 16)))
          (local.set 12 (f32x4.add (local.get 12) (local.get 14)))
          (local.set 12
            (f32x4.add
              (local.get 12)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 12) (local.get 12))
            )
          )
          (local.set 12
            (f32x4.add
              (local.get 12)
              (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get 12) (local.get 12))
            )
          )
          (local.set 12 (f32x4.add (local.get 12) (local.get 13)))
          (v128.store32_lane 0 (local.get 10) (local.get 12))
          (local.set 9 (i32.add (local.get 9) (i32.const 256)))
          (local.set 10 (i32.add (local.get 10) (i32.const 4)))
          (br_if 0 (local.tee 11 (i32.sub (local.get 11) (i32.const 1))))
        )
      )
    )
  )
  (func $loop.1 (param i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 v128 v128 i32 i32 v128 v128 v128 v128 i32 v128 v128 v128 v128)
    (local.set 3 (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16400)))
    (local.set 4 (i32.add (local.get 3) (i32.mul (local.get 2) (i32.const 24704))))
    (local.set 5 (local.get 0))
    (local.set 6 (local.get 1))
    (local.set 7 (local.get 2))
    (local.set 7 (select (local.get 7) (i32.const 1) (i32.lt_u (local.get 7) (i32.const 1))))
    (local.set 8 (i32.add (local.get 7) (i32.const 1)))
    (local.set 8 (select (local.get 8) (i32.const 1) (i32.lt_u (local.get 8) (i32.const 1))))
    (local.set 9 (i32.sub (local.get 8) (local.get 7)))
    (if
      (local.get 9)
      (then
        (loop
          (local.set 10 (v128.const i32x4 0 0 0 0))
          (local.set 11 (v128.const i32x4 0 0 0 0))
          (local.set 12 (local.get 5))
          (local.set 13 (i32.const 2))
          (loop
            (local.set 14 (v128.const i32x4 0 0 0 0))
            (local.set 15 (v128.const i32x4 0 0 0 0))
            (local.set 16 (v128.const i32x4 0 0 0 0))
            (local.set 17 (v128.const i32x4 0 0 0 0))
            (local.set 18 (i32.const 0))
            (loop
              (local.set 19 (v128.load (i32.add (local.get 12) (local.get 18))))
              (local.set 20 (v128.load offset=16 (i32.add (local.get 12) (local.get 18))))
              (local.set 21 (v128.load offset=32 (i32.add (local.get 12) (local.get 18))))
              (local.set 22 (v128.load offset=48 (i32.add (local.get 12) (local.get 18))))
              (local.set 14 (f32x4.add (local.get 14) (local.get 19)))
              (local.set 15 (f32x4.add (local.get 15) (local.get 20)))
              (local.set 16 (f32x4.add (local.get 16) (local.get 21)))
              (local.set 17 (f32x4.add (local.get 17) (local.get 22)))
              (br_if 0
                (i32.lt_u (local.tee 18 (i32.add (local.get 18) (i32.const 64))) (i32.const 8192))
              )
            )
            (local.set 14 (f32x4.add (local.get 14) (local.get 15)))
            (local.set 16 (f32x4.add (local.get 16) (local.get 17)))
            (local.set 14 (f32x4.add (local.get 14) (local.get 16)))
            (local.set 10 (f32x4.add (local.get 10) (local.get 14)))
            (local.set 12 (i32.add (local.get 12) (i32.const 8192)))
            (br_if 0 (local.tee 13 (i32.sub (local.get 13) (i32.const 1))))
          )
          (local.set 10
            (f32x4.add
              (local.get 10)
              (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get 10) (local.get 10))
            )
          )
          (local.set 10
            (f32x4.add
              (local.get 10)
              (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get 10) (local.get 10))
            )
          )
          (local.set 10 (f32x4.add (local.get 10) (local.get 11)))
          (v128.store32_lane 0 (local.get 6) (local.get 10))
          (br_if 0 (local.tee 9 (i32.sub (local.get 9) (i32.const 1))))
        )
      )
    )
  )
  (func $loop.2 (param i32 i32 i32 i32)
    (local i32 i32 i32 i32 i32 i32 i32 v128 i32 i32 i32 i32 v128 v128 v128 v128)
    (local.set 4 (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16400)))
    (local.set 5 (i32.add (local.get 4) (i32.mul (local.get 3) (i32.const 24704))))
    (local.set 6 (local.get 0))
    (local.set 7 (local.get 1))
    (local.set 8 (local.get 2))
    (local.set 9 (i32.shl (local.get 3) (i32.const 6)))
    (local.set 9 (select (local.get 9) (i32.const 64) (i32.lt_u (local.get 9) (i32.const 64))))
    (local.set 10 (i32.add (local.get 9) (i32.const 64)))
    (local.set 10 (select (local.get 10) (i32.const 64) (i32.lt_u (local.get 10) (i32.const 64))))
    (local.set 11 (v128.load32_splat (local.get 7)))
    (local.set 12 (i32.shl (local.get 9) (i32.const 2)))
    (local.set 13
      (i32.add (local.get 12) (i32.shl (i32.sub (local.get 10) (local.get 9)) (i32.const 2)))
    )
    (local.set 14
      (i32.add (local.get 12) (i32.and (i32.sub (local.get 13) (local.get 12)) (i32.const -32)))
    )
    (local.set 15 (local.get 12))
    (if
      (i32.lt_u (local.get 15) (local.get 14))
      (then
        (loop
          (local.set 16 (v128.load (i32.add (local.get 6) (local.get 15))))
          (local.set 17 (v128.load offset=16 (i32.add (local.get 6) (local.get 15))))
          (local.set 18 (f32x4.mul (local.get 16) (local.get 11)))
          (local.set 19 (f32x4.mul (local.get 17) (local.get 11)))
          (v128.store (i32.add (local.get 8) (local.get 15)) (local.get 18))
          (v128.store offset=16 (i32.add (local.get 8) (local.get 15)) (local.get 19))
          (br_if 0 (i32.lt_u (local.tee 15 (i32.add (local.get 15) (i32.const 32))) (local.get 14)))
        )
      )
    )
    (local.set 12 (local.get 14))
    (local.set 14
      (i32.add (local.get 12) (i32.and (i32.sub (local.get 13) (local.get 12)) (i32.const -16)))
    )
    (local.set 15 (local.get 12))
    (if
      (i32.lt_u (local.get 15) (local.get 14))
      (then
        (loop
          (local.set 19 (v128.load (i32.add (local.get 6) (local.get 15))))
          (local.set 18 (f32x4.mul (local.get 19) (local.get 11)))
          (v128.store (i32.add (local.get 8) (local.get 15)) (local.get 18))
          (br_if 0 (i32.lt_u (local.tee 15 (i32.add (local.get 15) (i32.const 16))) (local.get 14)))
        )
      )
    )
    (local.set 12 (local.get 14))
    (local.set 14
      (i32.add (local.get 12) (i32.and (i32.sub (local.get 13) (local.get 12)) (i32.const -4)))
    )
    (local.set 15 (local.get 12))
    (if
      (i32.lt_u (local.get 15) (local.get 14))
      (then
        (loop
          (local.set 18 (v128.load32_splat (i32.add (local.get 6) (local.get 15))))
          (local.set 19 (f32x4.mul (local.get 18) (local.get 11)))
          (v128.store32_lane 0 (i32.add (local.get 8) (local.get 15)) (local.get 19))
          (br_if 0 (i32.lt_u (local.tee 15 (i32.add (local.get 15) (i32.const 4))) (local.get 14)))
        )
      )
    )
    (local.set 12 (local.get 14))
  )
  (func $run (param i32) (result i32)
    (call $dot.0
      (i32.load (i32.const 0))
      (i32.load offset=4 (i32.const 0))
      (i32.load offset=16 (i32.const 0))
      (local.get 0)
    )
    (call $barrier (local.get 0))
    (if
      (i32.lt_s (i32.atomic.load offset=256 (i32.const 0)) (i32.const 0))
      (then
        (return (i32.const 1))
      )
    )
    (call $loop.0
      (i32.load offset=16 (i32.const 0))
      (i32.load offset=8 (i32.const 0))
      (local.get 0)
    )
    (call $loop.1
      (i32.load offset=16 (i32.const 0))
      (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16384))
      (local.get 0)
    )
    (call $barrier (local.get 0))
    (if
      (i32.lt_s (i32.atomic.load offset=256 (i32.const 0)) (i32.const 0))
      (then
        (return (i32.const 1))
      )
    )
    (call $loop.2
      (i32.load offset=8 (i32.const 0))
      (i32.add (i32.load offset=16 (i32.const 0)) (i32.const 16384))
      (i32.load offset=8 (i32.const 0))
      (local.get 0)
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