/** The kit on ONNX Runtime's WebAssembly build, with what it cannot do listed. */
import { testBackend } from '@glissade/conformance'
import * as web from 'onnxruntime-web'
import { test } from 'vitest'
import { onnxruntime } from '../src/index.ts'

web.env.wasm.numThreads = 1
// Failures are tested for; the runtime need not print them too.
web.env.logLevel = 'fatal'

const ADDS = "ONNX Runtime's Where adds its two branches, one of them zeroed, so that -0 becomes 0"

testBackend({
  test,
  create: () => onnxruntime(web),
  known: {
    '*/where/float32/*/signed zeros': ADDS,
    '*/sign/float32/*/signed zeros': `Sign gives 0 for -0, and ${ADDS}`,
    '*/expm1/float32/*/signed zeros': ADDS,
    '*/log1p/float32/*/signed zeros': ADDS,
    '*/tanh/float32/*/subnormals': 'Tanh is a rational approximation, 29 ulp off among subnormals',
    '*/sort/float32/[8]/*NaN is greatest': 'TopK leaves open where NaN goes',
    '*/prod/int32/[40,3]/axes [0], whole range': 'ReduceProd over the first axis loses what wraps, also in int64',
  },
})
