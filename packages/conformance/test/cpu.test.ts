/** The kit on a backend of this repository, as its author would write it. */
import { cpu } from '@glissade/cpu'
import { test } from 'vitest'
import { testBackend } from '../src/index.ts'

testBackend({ test, create: () => cpu() })
