const { readFileSync } = require('node:fs')
const { Tensor } = require('@glissade/core')
const { report } = require('./report.js')
const { train } = require('./train.js')

if (typeof Tensor !== 'function') throw new Error('require gave no Tensor')
train(readFileSync('public/digits.bin')).then(report)
