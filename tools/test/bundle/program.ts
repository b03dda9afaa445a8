/** A stand-in for the seed program: a constant that minifying keeps, code it drops, and a line of output. */
const label: string = 'Loss after one update: '
export const dropped = (): string => 'this text is not used'
console.log(`${label}${(1.39041).toFixed(4)}`)
