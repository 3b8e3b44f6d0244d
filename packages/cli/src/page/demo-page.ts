import * as tf from '@tensorflow/tfjs-core'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
// The file itself goes into the page.
// eslint-disable-next-line @typescript-eslint/no-restricted-imports
import wasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers'
import { inputForm } from './input-form.js'
import type { DemoContent, DemoModel } from '../run/demo/demo-content.js'

/** Predictions whose median is shown. */
const REPETITIONS = 20
/** Bars for more classes would not fit on a telephone. */
const MOST_BARS = 10

declare const kdDemo: DemoContent

interface ShownModel {
  readonly model: LayersModel
  readonly bars: HTMLElement
}

void start().catch((error: unknown) => {
  document.querySelector('#models')!.textContent = `This page does not work here: ${String(error)}`
})

async function start(): Promise<void> {
  // Threads need headers that a folder of files does not have.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  setWasmPaths({
    'tfjs-backend-wasm.wasm': wasm,
    'tfjs-backend-wasm-simd.wasm': wasm,
    'tfjs-backend-wasm-threaded-simd.wasm': wasm,
  })
  await tf.setBackend('wasm')
  const shown: ShownModel[] = []
  for (const model of kdDemo.models) shown.push(await showModel(model))
  const predict = async (values: Float32Array): Promise<void> => {
    for (const { model, bars } of shown) showOutputs(bars, await outputsOf(model, normalized(values)))
  }
  inputForm(document.querySelector('#input')!, kdDemo, (values) => void predict(values))
  document.body.dataset['ready'] = 'yes'
}

async function showModel({ role, name, bytes, topology, specs, weights }: DemoModel): Promise<ShownModel> {
  const model = await loadLayersModel({
    load: () =>
      Promise.resolve({
        modelTopology: topology as object,
        weightSpecs: specs,
        weightData: bytesOf(weights).buffer,
      }),
  })
  const latency = await medianLatency(model)
  const section = element('section', '', document.querySelector('#models')!)
  element('h2', `${role}: ${name}`, section)
  element('p', `${(bytes / 1e3).toFixed(1)} kB, ${latency.toFixed(2)} ms for one`, section).className = 'cost'
  return { model, bars: element('div', '', section) }
}

async function medianLatency(model: LayersModel): Promise<number> {
  const size = kdDemo.shape.reduce((product, length) => product * length, 1)
  const times: number[] = []
  for (let run = 0; run < REPETITIONS; run++) {
    const before = performance.now()
    await outputsOf(model, new Float32Array(size))
    times.push(performance.now() - before)
  }
  return times.sort((one, other) => one - other)[REPETITIONS / 2]!
}

async function outputsOf(model: LayersModel, values: Float32Array): Promise<Float32Array> {
  const outputs = tf.tidy(() => {
    const logits = model.predict(tf.tensor(values, [1, ...kdDemo.shape])) as tf.Tensor
    return kdDemo.task === 'classification' ? tf.softmax(logits) : logits
  })
  const found = await outputs.data<'float32'>()
  outputs.dispose()
  return found
}

function normalized(values: Float32Array): Float32Array {
  const { mean, standardDeviation } = kdDemo.normalization
  const at = (of: readonly number[], index: number): number => of[index % of.length]!
  return values.map((value, index) => (value - at(mean, index)) / at(standardDeviation, index))
}

/** Shows the likeliest classes in the order of the classes, or numbers for tasks that have none. */
function showOutputs(bars: HTMLElement, values: Float32Array): void {
  const likely = [...values.keys()].sort((one, other) => values[other]! - values[one]!)
  const shown = likely.slice(0, MOST_BARS).sort((one, other) => one - other)
  bars.replaceChildren()
  for (const index of shown) {
    const row = element('div', '', bars)
    row.className = index === likely[0] ? 'row best' : 'row'
    element('span', kdDemo.classNames[index] ?? String(index), row).className = 'name'
    const bar = element('span', '', row)
    bar.className = 'bar'
    const isShare = kdDemo.task === 'classification'
    if (isShare) element('i', '', bar).style.width = `${values[index]! * 100}%`
    element(
      'span',
      isShare ? `${(values[index]! * 100).toFixed(1)} %` : values[index]!.toFixed(4),
      row,
    ).className = 'value'
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

function element(tag: string, text: string, parent: Element): HTMLElement {
  const made = document.createElement(tag)
  made.textContent = text
  parent.append(made)
  return made
}
