/**
 * `npm run bench:engines [-- a c]`: the same steps on this machine's fastest engine and in PyTorch, batch 64, float32, printed as
 * Markdown. Every row runs in processes of its own, which take turns, so that other load on the machine hits all of them.
 *
 * Needs the packages built (`npm run build`). The engine is native where its addon is built, else wasm; KD_BENCH_ENGINE names
 * another. KD_BENCH_PYTHON names a Python with torch instead of the one that torch-environments.mjs installs. KD_BENCH_THREADS
 * (2); KD_BENCH_TURNS (4) of KD_BENCH_TURN_MS (1500) each, or of one step where a step takes longer.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { selectEngine } from '@kd/core'
import { median } from 'simple-statistics'
import { torchEnvironments } from './torch-environments.mjs'

const threads = process.env.KD_BENCH_THREADS ?? '2'
const turns = Number(process.env.KD_BENCH_TURNS ?? 4)
const turnMilliseconds = Number(process.env.KD_BENCH_TURN_MS ?? 1500)
/** Rows whose tensors are no images have no layout to choose. */
const withoutLayout = ['a', 'g']

const engine = process.env.KD_BENCH_ENGINE ?? (await fastestEngine())
const pythons = torchEnvironments()
const wanted = process.argv.length > 2 ? process.argv.slice(2) : ['g', 'a', 'b', 'c', 'd', 'e', 'f', 'h']

let peak = 0 // floating-point operations per millisecond
const versions = new Set()
const [times, resources] = [[], []]
for (const row of wanted) await measure(row)
console.log(`\n${[...versions].join('; ')}; ${threads} threads, ${turns} turns`)
printTable('Milliseconds per step, median; PyTorch in its better layout', times)
printTable(`Share of the measured peak, ${Math.round(peak / 1e6)} GFLOP/s; memory; JavaScript`, resources)

/** @returns native, or wasm and, on standard error, why not native */
async function fastestEngine() {
  const { name, skipped } = await selectEngine()
  for (const { name: other, reason } of skipped) console.error(`${other}: ${reason}`)
  return name
}

async function measure(row) {
  const contenders = startContenders(row)
  for (const contender of contenders) await warmUp(contender)
  assertSameSize(row, contenders)
  for (let turn = 0; turn < turns; turn++) {
    for (const contender of contenders) await takeTurn(contender)
  }
  for (const { child } of contenders) child.stdin.end()
  report(row, contenders)
}

function startContenders(row) {
  const file = (name) => fileURLToPath(new URL(name, import.meta.url))
  const layouts = withoutLayout.includes(row) ? ['nchw'] : ['nchw', 'nhwc']
  const worker = [process.execPath, file('engine-worker.mjs'), row, engine]
  const python = (path, layout) => [path, file('engines_torch.py'), row, layout, threads]
  return [
    { name: 'engine', ...start(worker) },
    ...pythons.flatMap((path, index) =>
      layouts.map((layout) => ({ name: `torch${index}`, layout, ...start(python(path, layout)) })),
    ),
    // Apart, because looking at the clock around each kernel takes time as well.
    ...(engine === 'native' ? [{ name: 'kernels', ...start([...worker, '--time-kernels']) }] : []),
  ]
}

function start([command, ...rest]) {
  const limits = ['KD_NATIVE_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS']
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...Object.fromEntries(limits.map((name) => [name, threads])) },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${command} ${rest.join(' ')} ended early (see above)`)
    return JSON.parse(value)
  }
  return { child, answer, times: [], kernels: [], cpu: 0, taken: 0, peak: 0 }
}

/**
 * Warms up for a second and learns how many steps make a turn: at least two, of which the first only warms the caches, or one
 * where it takes long.
 */
async function warmUp(contender) {
  contender.about = await contender.answer()
  const started = performance.now()
  await request(contender, 1)
  let fastest = Infinity
  // Several at a time: the first step after a wait is slower.
  do {
    fastest = Math.min(fastest, ...(await request(contender, 3)).times)
  } while (performance.now() - started < 1000)
  contender.steps = fastest > 1000 ? 1 : 1 + Math.max(1, Math.round(turnMilliseconds / fastest))
}

function request(contender, steps) {
  contender.child.stdin.write(`${JSON.stringify({ steps })}\n`)
  return contender.answer()
}

async function takeTurn(contender) {
  const { steps } = contender
  const answer = await request(contender, steps)
  const from = steps > 1 ? 1 : 0
  contender.times.push(...answer.times.slice(from))
  contender.kernels.push(...(answer.kernels?.slice(from) ?? []))
  contender.cpu += answer.cpu
  contender.taken += steps
  contender.peak = answer.peak
}

/** Otherwise the two sides do not run the same model. */
function assertSameSize(row, contenders) {
  const [expected, ...others] = contenders.map(({ about }) => about.parameters)
  const other = others.find((parameters) => parameters !== expected)
  if (other !== undefined) throw new Error(`row ${row}: ${expected} parameters here, ${other} in PyTorch`)
}

function report(row, contenders) {
  const [own] = contenders
  const { title, operations } = own.about
  for (const { about } of contenders) versions.add(about.version)
  const middle = ({ times }) => median(times)
  if (row === 'g')
    peak = Math.max(...contenders.map((contender) => operations / Math.min(...contender.times)))
  const torches = pythons
    .map((_, index) => contenders.filter(({ name }) => name === `torch${index}`))
    .map((layouts) => layouts.reduce((best, next) => (middle(next) < middle(best) ? next : best)))
  const named = (what, values) =>
    Object.fromEntries(values.map((value, index) => [`${what}${shortVersion(torches[index])}`, value]))
  const share = (contender) =>
    peak > 0 ? `${Math.round((100 * operations) / middle(contender) / peak)} %` : ''
  const perStep = ({ cpu, taken }) => cpu / taken
  const label = `(${row}) ${title}`
  times.push({
    row: label,
    [engine]: digits(middle(own)),
    fastest: digits(Math.min(...own.times)),
    ...named(
      'PyTorch ',
      torches.map((torch) => `${digits(middle(torch))} ${torch.layout}`),
    ),
    ...named(
      'ratio to ',
      torches.map((torch) => digits(middle(own) / middle(torch))),
    ),
    ...named(
      'fastest, ratio to ',
      torches.map((torch) => digits(Math.min(...own.times) / Math.min(...torch.times))),
    ),
    ...named(
      'CPU time, ratio to ',
      torches.map((torch) => digits(perStep(own) / perStep(torch))),
    ),
    'steps timed': own.times.length,
  })
  const timed = contenders.find(({ name }) => name === 'kernels')
  resources.push({
    row: label,
    MFLOP: Math.round(operations / 1e6),
    [`${engine} of peak`]: share(own),
    ...named('of peak, ', torches.map(share)),
    [`${engine}, MiB`]: Math.round(own.peak),
    ...named(
      'MiB, ',
      torches.map((torch) => Math.round(torch.peak)),
    ),
    ...(timed && {
      'outside kernels, ms': digits(median(timed.times.map((time, index) => time - timed.kernels[index]))),
    }),
  })
  console.error(`${label}: ${JSON.stringify(times.at(-1))}`)
}

function shortVersion({ about }) {
  return about.version.replace(/^PyTorch (\d+\.\d+).*/, '$1')
}

function digits(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function printTable(title, lines) {
  const columns = Object.keys(lines[0])
  console.log(`\n${title}\n`)
  for (const cells of [
    columns,
    columns.map(() => '---'),
    ...lines.map((line) => columns.map((name) => line[name])),
  ]) {
    console.log(`| ${cells.join(' | ')} |`)
  }
}
