/**
 * `@glissade/cpu/standalone`: core and this backend, for pages without a bundler. What is published under this name is one file
 * that imports nothing. It has a core of its own, so nothing else in the page should import `@glissade/core`.
 */
export * from '@glissade/core'
export * as data from '@glissade/core/data'
export * as functional from '@glissade/core/functional'
export * as nn from '@glissade/core/nn'
export * as optim from '@glissade/core/optim'
export * from './index.ts'
