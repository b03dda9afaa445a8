/** Loads at once what it seems to load on demand. */
await import('./program.ts')
export {}
