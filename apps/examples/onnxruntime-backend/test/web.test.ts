/** The kit on ONNX Runtime's WebAssembly build, which pages take, and which runs in Node too. */
import { test } from 'node:test'
import { testBackend } from '@glissade/conformance'
import * as web from 'onnxruntime-web'
import { onnxruntime } from '../src/index.ts'
import { knownInPages as known } from './known.ts'

web.env.wasm.numThreads = 1
// Failures are tested for; the runtime need not print them too.
web.env.logLevel = 'fatal'

testBackend({ test: (name, fn) => void test(name, fn), create: () => onnxruntime(web), known })
