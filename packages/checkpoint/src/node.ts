/** `@glissade/checkpoint/node`: files by their paths, and folders as stores. */
export { loadFile, saveFile } from './file-node.ts'
export { folderStore, writeFileAtomic } from './store-node.ts'
