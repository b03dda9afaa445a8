/**
 * What the WebGPU backend does on this machine's GPU, in one report: the adapter, the kit, and the works of the benchmark beside
 * jax-js, in under 8 minutes. Built packages are needed, and network for the peers: `npm run build && node tools/webgpu-hardware.mjs`.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, platform, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './install.mjs'

const WORKS = 'seed,mlp,wide,cnn,transformer,sgemm1024,sgemm2048,sgemm4096,chain32,sgd,softmax'
const PEERS = 'glissade-webgpu,jaxjs-webgpu'
const HELP = `node tools/webgpu-hardware.mjs [options]
  --out folder     where report.md and report.json go; default out/webgpu-hardware
  --minutes n      for everything; what of the kit does not fit is not run, and the report says so; default 7.5
  --peak n         TFLOP/s of float32 that the vendor names for this GPU: products are shown as a share of it
  --works a,b      default ${WORKS}
  --peers a,b      default ${PEERS}
  --seconds s      how long a work is measured; default 0.5`

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'out/webgpu-hardware') },
    minutes: { type: 'string', default: '7.5' },
    peak: { type: 'string' },
    works: { type: 'string', default: WORKS },
    peers: { type: 'string', default: PEERS },
    seconds: { type: 'string', default: '0.5' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(HELP)
  process.exit()
}
const deadline = performance.now() + Number(values.minutes) * 60_000
const say = (/** @type {string} */ text) => console.error(`${new Date().toLocaleTimeString()} ${text}`)

/** The benchmark installs the peers, and Dawn with them. */
function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'glissade-hardware-'))
  const json = join(folder, 'bench.json')
  const options = ['--works', values.works, '--peers', values.peers, '--repeat', '1', '--seconds', values.seconds]
  const { stdout } = spawnSync(process.execPath, ['tools/bench/run.mjs', ...options, '--json', json], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: Math.ceil(deadline - performance.now()),
  })
  try {
    return { text: stdout.split('\nTo reach:')[0] ?? '', works: JSON.parse(readFileSync(json, 'utf8')).works }
  } catch {
    return { text: `${stdout}\nThe benchmark did not come to its end.`, works: [] }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As many cases as there is time for; those that fail in full. */
async function kit(/** @type {any} */ gpu, /** @type {boolean} */ fast) {
  const { run, headline } = await import('../packages/conformance/dist/index.js')
  const { webgpu } = await import('../packages/webgpu/dist/index.js')
  const outOfTime = Symbol('out of time')
  /** @type {any[]} */
  const results = []
  let total = 0
  const started = performance.now()
  const took = () => `${((performance.now() - started) / 1000).toFixed(0)} s`
  const wrong = () => results.filter(({ status }) => status === 'fail' || status === 'stale')
  try {
    const report = await run({
      create: () => webgpu({ gpu }),
      fast,
      progress(/** @type {any} */ result, /** @type {number} */ _, /** @type {number} */ count) {
        results.push(result)
        total = count
        if (performance.now() > deadline) throw outOfTime
      },
    })
    return { headline: `${headline(report)} (${took()})`, badges: report.badges, wrong: wrong() }
  } catch (error) {
    if (error !== outOfTime) throw error
    const passed = results.filter(({ status }) => status === 'pass').length
    return {
      headline: `out of time after ${results.length} of ${total} cases in ${took()}: ${passed} passed, ${wrong().length} failed`,
      badges: [],
      wrong: wrong(),
    }
  }
}

say('works and peers')
const measured = bench()
const { installGpu } = await import('./bench/peers/gpu.mjs')
const { gpu, name } = await installGpu()
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
const limits = Object.fromEntries(
  [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxStorageBuffersPerShaderStage',
    'maxComputeWorkgroupStorageSize',
  ].map((limit) => [limit, adapter.limits[limit]]),
)
say('the fast part of the kit')
const fast = await kit(gpu, true)
say('the whole kit')
const whole = await kit(gpu, false)

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
const peak = Number(values.peak)
const shares = measured.works.flatMap((/** @type {any} */ { work, rows }) => {
  const own = rows.find((/** @type {any} */ { peer }) => peer === 'glissade-webgpu')
  return peak > 0 && own?.work?.includes('GFLOP/s')
    ? [`${work}: ${((100 * Number.parseFloat(own.work)) / 1000 / peak).toFixed(1)} % of ${peak} TFLOP/s`]
    : []
})
const failures = (/** @type {any[]} */ wrong) =>
  wrong.slice(0, 40).map(({ id, detail }) => `- \`${id}\`: ${detail.slice(0, 300)}`)
const report = `# WebGPU on ${name}

${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}, ${platform()} ${release()}, ${cpus()[0]?.model}, ${cpus().length} processors.

- features: ${[...adapter.features].toSorted().join(', ')}
- limits: ${Object.entries(limits)
  .map(([limit, value]) => `${limit} ${value}`)
  .join(', ')}

## The kit

- fast part: ${fast.headline}
- whole: ${whole.headline}${whole.badges.length > 0 ? `; badges: ${whole.badges.join(', ')}` : ''}
${failures(whole.wrong).join('\n')}

## Works

\`\`\`text
${measured.text.trim()}
\`\`\`
${shares.map((/** @type {string} */ line) => `- ${line}`).join('\n')}
`
mkdirSync(values.out, { recursive: true })
writeFileSync(join(values.out, 'report.md'), report)
writeFileSync(
  join(values.out, 'report.json'),
  `${JSON.stringify({ adapter: name, features: [...adapter.features], limits, commit, fast, whole, works: measured.works }, null, 2)}\n`,
)
console.log(report)
// Dawn's threads would keep the process.
process.exit(0)
