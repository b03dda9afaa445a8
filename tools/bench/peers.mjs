/** Who takes part. A peer is a module whose `start(data, options)` makes a session; the README says what that is. */
const glissade = (options) => ({ module: 'glissade', options })

export const peers = {
  'glissade-wasm': glissade({ backend: 'wasm', compiled: true }),
  'glissade-wasm-2t': glissade({ backend: 'wasm', compiled: true, threads: 2 }),
  'glissade-wasm-relaxed': glissade({ backend: 'wasm', compiled: true, relaxedSimd: true }),
  'glissade-wasm-eager': glissade({ backend: 'wasm', compiled: false }),
  'glissade-cpu': glissade({ backend: 'cpu', compiled: true }),
  'glissade-cpu-eager': glissade({ backend: 'cpu', compiled: false }),
  'hand-wasm': { module: 'hand-wasm', options: {} },
  hand: { module: 'hand', options: {} },
  torch: { python: 'torch_peer.py' },
  jaxjs: { module: 'jaxjs', options: {} },
  'tfjs-wasm': { module: 'tfjs', options: { backend: 'wasm' } },
  'tfjs-cpu': { module: 'tfjs', options: { backend: 'cpu' } },
}

/** Thrown by a peer for a work that it cannot do; the cell shows the reason. */
export class CannotError extends Error {}
