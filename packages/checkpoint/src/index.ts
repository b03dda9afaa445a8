/** Checkpoint files, as bytes in memory: safetensors and PyTorch's .pt, both ways. Where they are kept is elsewhere. */
export { CheckpointError, isCheckpointError, type CheckpointKind } from './error.ts'
export type { FileDType, HostArrays, HostDType, HostTensor } from './host-tensor.ts'
export { isHostTensor } from './dtype.ts'
export { readSafetensors, writeSafetensors, type SafetensorsFile } from './safetensors.ts'
export { readPt, stateDictOf, writePt, type ReadPtOptions } from './pt.ts'
export type { PickleKey, PickleValue } from './pickle-value.ts'
export type { WritableValue } from './pickle-writer.ts'
export type { Store } from './store.ts'
