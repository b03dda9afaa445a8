/** Who takes part. A peer is a module whose `start(data, options)` makes a session; the README says what that is. */

/** Takes part only where it is named: without a GPU it measures a processor that plays one. */
const asked = (peer) => ({ ...peer, isAsked: true })
const glissade = (options) => ({ module: 'glissade', options })

export const peers = {
  'glissade-wasm': glissade({ backend: 'wasm', compiled: true }),
  'glissade-wasm-2t': glissade({ backend: 'wasm', compiled: true, threads: 2 }),
  'glissade-wasm-relaxed': glissade({ backend: 'wasm', compiled: true, relaxedSimd: true }),
  'glissade-wasm-eager': glissade({ backend: 'wasm', compiled: false }),
  'glissade-cpu': glissade({ backend: 'cpu', compiled: true }),
  'glissade-cpu-eager': glissade({ backend: 'cpu', compiled: false }),
  'glissade-webgpu': asked(glissade({ backend: 'webgpu', compiled: true })),
  'glissade-webgpu-eager': asked(glissade({ backend: 'webgpu', compiled: false })),
  'hand-wasm': { module: 'hand-wasm', options: {} },
  hand: { module: 'hand', options: {} },
  torch: { python: 'torch_peer.py' },
  jaxjs: { module: 'jaxjs', options: { backend: 'wasm' } },
  'jaxjs-webgpu': asked({ module: 'jaxjs', options: { backend: 'webgpu' } }),
  'tfjs-wasm': { module: 'tfjs', options: { backend: 'wasm' } },
  'tfjs-webgpu': asked({ module: 'tfjs', options: { backend: 'webgpu' } }),
  'tfjs-cpu': { module: 'tfjs', options: { backend: 'cpu' } },
}

/** Thrown by a peer for a work that it cannot do; the cell shows the reason. */
export class CannotError extends Error {}
