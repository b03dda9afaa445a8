/** Loads another program only when it is asked to. */
export const more = (): Promise<unknown> => import('./program.ts')
console.log('Loss after one update: none yet')
