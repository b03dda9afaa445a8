/** The kit on ONNX Runtime's native build, which `createBackend` takes in Node. */
import { test } from 'node:test'
import { testBackend } from '@glissade/conformance'
import { env } from 'onnxruntime-node'
import { createBackend } from '../src/index.ts'
import { knownInNode as known } from './known.ts'

// Failures are tested for; the runtime need not print them too.
env.logLevel = 'fatal'

testBackend({ test: (name, fn) => void test(name, fn), create: createBackend, known })
