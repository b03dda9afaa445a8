import { existsSync } from 'node:fs'
import { shared } from '../../vitest.shared.ts'

// Chromium brings a Vulkan loader and a driver that runs on processors; a process looks for libraries where its environment says
// when it starts.
const CHROMIUM = '/usr/lib/chromium'
if (existsSync(`${CHROMIUM}/vk_swiftshader_icd.json`)) {
  process.env['VK_ICD_FILENAMES'] ??= `${CHROMIUM}/vk_swiftshader_icd.json`
  process.env['LD_LIBRARY_PATH'] = [process.env['LD_LIBRARY_PATH'], CHROMIUM].filter(Boolean).join(':')
  process.env['XDG_RUNTIME_DIR'] ??= '/tmp'
}

export default shared('webgpu')
