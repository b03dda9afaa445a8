import { test } from 'node:test'
import { testBackend } from '@glissade/conformance'
import { createBackend } from '../src/index.js'

testBackend({ test: (name, fn) => void test(name, fn), create: () => createBackend() })
