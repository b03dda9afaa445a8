#!/usr/bin/env node
/** `npm create @glissade/backend my-backend`: writes a starter into a folder. It installs nothing. */
import { basename, resolve } from 'node:path'
import { Command } from 'commander'
import { create } from './create.ts'

new Command('create-backend')
  .description('Starts a Glissade backend: storage, a table of kernels, and the conformance test')
  .argument('<folder>', 'where to write it; its last part becomes the name of the package')
  .option('--async', 'for a device with memory of its own, whose work is queued and done later')
  .action(async (folder: string, options: { async?: boolean }) => {
    try {
      const files = await create(resolve(folder), options)
      console.log(`${basename(resolve(folder))}: ${files.join(', ')}\n\n  cd ${folder}\n  npm install\n  npm test\n`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      process.exitCode = 1
    }
  })
  .parse()
