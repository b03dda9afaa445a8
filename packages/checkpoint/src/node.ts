/** `@glissade/checkpoint/node`: files by their paths, and folders as stores. */
export { loadFile, saveFile, type Path, type SaveFileOptions } from './file-node.ts'
export { folderStore, writeFileAtomic } from './store-node.ts'
