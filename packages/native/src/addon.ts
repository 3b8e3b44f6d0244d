import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }
import { addonVersion } from './addon-version.js'
import type { RowKernelName } from './fusion/row-kernel-table.js'

type Floats = Float32Array
type Values = Float32Array | Int32Array | Uint8Array
type Numbers = Float64Array
type Optional = Floats | undefined

/** The inputs of a row kernel in the order of its table, its output and its numbers. */
type RowKernelCall = (...given: (Floats | Int32Array | Numbers)[]) => void

/**
 * What the C++ side offers. Sizes, strides and factors travel in one Float64Array, in the order that the comment above each
 * C++ function gives. Every call checks its arrays against these sizes and throws a RangeError when they do not fit.
 */
export interface Addon {
  allocate(bytes: number): ArrayBuffer
  setThreads(threads: number): void
  getThreads(): number
  /** 1: convolutions may go by minimal filtering; 0: they may not. */
  setWinograd(enabled: number): void
  describe(): string
  /** The hash of its sources; see addon-version.ts. */
  version(): string
  cachedPrimitives(): number

  unary(x: Floats, y: Floats, numbers: Numbers): void
  binary(a: Floats, b: Floats, out: Floats, numbers: Numbers): void
  integerBinary(a: Int32Array, b: Int32Array, out: Int32Array, numbers: Numbers): void
  compare(a: Floats, b: Floats, out: Uint8Array, numbers: Numbers): void
  integerCompare(a: Int32Array, b: Int32Array, out: Uint8Array, numbers: Numbers): void
  logical(a: Uint8Array, b: Uint8Array, out: Uint8Array, numbers: Numbers): void
  logicalNot(x: Uint8Array, y: Uint8Array, numbers: Numbers): void
  select(condition: Uint8Array, a: Floats, b: Floats, out: Floats, numbers: Numbers): void
  cast(x: Values, y: Values, numbers: Numbers): void

  matmul(a: Floats, b: Floats, bias: Optional, out: Floats, numbers: Numbers): void
  convolution(x: Floats, filter: Floats, bias: Optional, y: Floats, numbers: Numbers): void
  convolutionInputGrad(dy: Floats, filter: Floats, dx: Floats, numbers: Numbers): void
  convolutionFilterGrad(x: Floats, dy: Floats, dFilter: Floats, numbers: Numbers): void

  maxPool(x: Floats, y: Floats, numbers: Numbers): void
  avgPool(x: Floats, y: Floats, numbers: Numbers): void
  maxPoolGrad(x: Floats, y: Floats, dy: Floats, dx: Floats, numbers: Numbers): void
  avgPoolGrad(dy: Floats, dx: Floats, numbers: Numbers): void

  reduce(x: Floats, out: Floats, numbers: Numbers): void
  sumIntegers(x: Int32Array, out: Int32Array, numbers: Numbers): void
  anyOrAll(x: Uint8Array, out: Uint8Array, numbers: Numbers): void
  argMax(x: Floats, out: Int32Array, numbers: Numbers): void
  topK(x: Floats, values: Floats, indices: Int32Array, numbers: Numbers): void

  batchNorm(
    x: Floats,
    mean: Floats,
    variance: Floats,
    gamma: Optional,
    beta: Optional,
    y: Floats,
    numbers: Numbers,
  ): void
  batchNormTraining(
    x: Floats,
    gamma: Optional,
    beta: Optional,
    residual: Optional,
    y: Floats,
    mean: Floats,
    variance: Floats,
    movingMean: Floats,
    movingVariance: Floats,
    newMovingMean: Floats,
    newMovingVariance: Floats,
    numbers: Numbers,
  ): void
  batchNormTrainingGrad(
    x: Floats,
    dy: Floats,
    y: Optional,
    mean: Floats,
    variance: Floats,
    gamma: Optional,
    dx: Floats,
    dGamma: Floats,
    dBeta: Floats,
    dResidual: Optional,
    numbers: Numbers,
  ): void
  foldedChain(...given: (Floats | undefined | Numbers)[]): void

  strided(x: Values, y: Values, numbers: Numbers): void
  transpose(x: Values, y: Values, numbers: Numbers): void
  copyBlocks(x: Values, y: Values, numbers: Numbers): void
  pad(x: Floats, y: Floats, numbers: Numbers): void
  fill(y: Floats, numbers: Numbers): void
  gather(x: Values, indices: Int32Array, y: Values, numbers: Numbers): void
  segmentSum(x: Floats, segments: Int32Array, y: Floats, numbers: Numbers): void
  oneHot(indices: Int32Array, y: Values, numbers: Numbers): void

  /** The row kernels of the table in fusion/row-kernel-table.ts. */
  readonly [rowKernel: RowKernelName]: RowKernelCall

  sgd(...given: (Floats | undefined | Numbers)[]): void
  adam(...given: (Floats | undefined | Numbers)[]): void
}

/** The addon could not be loaded; the message says from where and why, and what to do. */
export class NativeUnavailableError extends Error {
  override readonly name = 'NativeUnavailableError'
  /** What to do. */
  readonly hint: string

  /**
   * @param reason - what was tried, in one line
   * @param hint - what to do, in one line
   */
  constructor(reason: string, hint: string) {
    super(`${reason}\n${hint}`)
    this.hint = hint
  }
}

/** Platforms for which the addon is published, in a package that npm installs with this one. */
const prebuiltPlatforms = ['linux-x64']
const platform = `${process.platform}-${process.arch}`
const prebuiltPackage = `@kd/native-${platform}`

/**
 * Loads the addon: the file that KD_NATIVE_ADDON names, or the one built here, or the prebuilt one of this platform.
 *
 * @returns its functions
 * @throws {@link NativeUnavailableError} when none loads
 */
export function loadAddon(): Addon {
  avoidSpinning()
  const reasons: string[] = []
  for (const path of candidates()) {
    const module = { exports: {} as Addon }
    try {
      process.dlopen(module, path)
      assertVersion(module.exports, path)
      return module.exports
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  const got = reasons.length > 0 ? reasons.join('; ') : 'neither'
  throw new NativeUnavailableError(
    `the addon for ${platform} must be installed (${prebuiltPackage}) or built, got ${got}`,
    howToGetIt(),
  )
}

/** Calls of another version's functions would fail one by one, or misread what they get. */
function assertVersion(addon: Partial<Addon>, path: string): void {
  const version = addon.version?.() ?? 'an unknown version'
  if (version !== addonVersion) {
    throw new Error(`${path} is out of date: it must be built from ${addonVersion}, got ${version}`)
  }
}

function candidates(): string[] {
  const named = process.env['KD_NATIVE_ADDON']
  if (named !== undefined) return [named]
  const built = fileURLToPath(new URL('../dist-addon/kd-native.node', import.meta.url))
  const found = existsSync(built) ? [built] : []
  try {
    return [...found, createRequire(import.meta.url).resolve(`${prebuiltPackage}/kd-native.node`)]
  } catch {
    return found // the optional package is not installed here
  }
}

function howToGetIt(): string {
  const build =
    'npm explore @kd/native -- npm run build:addon (needs g++ and oneDNN: Debian packages g++ and libdnnl-dev)'
  if (process.env['KD_NATIVE_ADDON'] !== undefined)
    return `unset KD_NATIVE_ADDON, or build it again: ${build}`
  return prebuiltPlatforms.includes(platform)
    ? `npm i ${prebuiltPackage}@${packageJson.version}, or build it: ${build}`
    : `build it: ${build}`
}

/**
 * OpenMP's threads wait for the next loop by spinning, which takes the core from whoever could use it. Read once, when the
 * library loads, so it must be set before; a user's own setting wins. A short spin is kept: waking a sleeping thread costs
 * more than most small loops.
 */
function avoidSpinning(): void {
  if (process.env['OMP_WAIT_POLICY'] === undefined && process.env['GOMP_SPINCOUNT'] === undefined) {
    process.env['GOMP_SPINCOUNT'] = '10000'
  }
}
