/**
 * Adapters without a GPU, through Dawn: one that checks everything and runs nothing, which is part of the package `webgpu`, and
 * SwiftShader, which runs on processors and comes with Chromium.
 */
import { existsSync } from 'node:fs'
import { create } from 'webgpu'

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json'
if (existsSync(SWIFTSHADER)) process.env['VK_ICD_FILENAMES'] ??= SWIFTSHADER

export const NO_ADAPTER = 'there is no adapter for Dawn here (apt-get install chromium libvulkan1 gives one)'

/** Dawn ends the process where an instance is collected before its devices. */
const instances: GPU[] = []
async function deviceOf(...options: string[]): Promise<GPUDevice | null> {
  const gpu = create(options)
  instances.push(gpu)
  const adapter = await gpu.requestAdapter()
  return adapter === null ? null : await adapter.requestDevice()
}
export const validating = async (): Promise<GPUDevice> => (await deviceOf('backend=null'))!
export const running = (): Promise<GPUDevice | null> => deviceOf()

/** What a shader is told by the compiler, or null. */
export async function refusal(device: GPUDevice, code: string): Promise<string | null> {
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ code })
  await device.createComputePipelineAsync({ layout: 'auto', compute: { module } }).catch(() => null)
  const error = await device.popErrorScope()
  const { messages } = await module.getCompilationInfo()
  const [first] = messages.filter(({ type }) => type === 'error')
  return first === undefined ? (error?.message ?? null) : `${first.lineNum}:${first.linePos} ${first.message}`
}

/** Words that a shader leaves at binding 0, from words at the bindings after it. */
export async function execute(
  device: GPUDevice,
  code: string,
  inputs: readonly Uint32Array[],
  length: number,
  groups: number,
): Promise<Uint32Array> {
  const STORAGE = 128
  const buffer = (size: number, usage: number): GPUBuffer => device.createBuffer({ size: Math.max(4, size), usage })
  const [COPY_SOURCE, COPY_TARGET, MAP_READ] = [4, 8, 1]
  const output = buffer(4 * length, STORAGE | COPY_SOURCE)
  const copy = buffer(4 * length, COPY_TARGET | MAP_READ)
  const operands = inputs.map((words) => {
    const made = buffer(words.byteLength, STORAGE | COPY_TARGET)
    device.queue.writeBuffer(made, 0, Uint32Array.from(words))
    return made
  })
  const module = device.createShaderModule({ code })
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } })
  const encoder = device.createCommandEncoder()
  const pass = encoder.beginComputePass()
  pass.setPipeline(pipeline)
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [output, ...operands].map((made, binding) => ({ binding, resource: { buffer: made } })),
    }),
  )
  pass.dispatchWorkgroups(groups)
  pass.end()
  encoder.copyBufferToBuffer(output, 0, copy, 0, copy.size)
  device.queue.submit([encoder.finish()])
  await copy.mapAsync(MAP_READ)
  const words = new Uint32Array(copy.getMappedRange().slice(0))
  for (const made of [output, copy, ...operands]) made.destroy()
  return words.subarray(0, length)
}
