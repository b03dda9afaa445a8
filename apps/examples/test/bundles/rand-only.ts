import { rand, setDefaultDevice } from '@glissade/core'
import { cpu } from '@glissade/cpu'

setDefaultDevice(cpu())
console.log(`The sum is ${String(rand([2]).mul(0).sum())}`)
