import * as tf from '@tensorflow/tfjs-core'
import { expectAllClose } from '@kd/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { KdError } from '../errors.js'
import type { EngineName } from './engine.js'
import { firstLine, importOptional } from './import-optional.js'
import { probeEngines } from './probe-engines.js'
import { selectEngine } from './select-engine.js'

afterEach(() => tf.setBackend('cpu'))

describe('selectEngine', () => {
  test.each(['wasm', 'cpu'] as const)('%s: computes, has gradients and a version', async (name) => {
    const engine = await selectEngine(name)
    expect(engine).toEqual({ name, backend: name, version: expect.stringMatching(/^4\./), skipped: [] })
    expect(tf.getBackend()).toBe(name)
    const gradient = tf.tidy(() =>
      Array.from(
        tf
          .grad((x: tf.Tensor) => tf.sum(tf.square(tf.relu(x))))(tf.tensor1d([-1, 2]))
          .dataSync(),
      ),
    )
    expectAllClose(gradient, [0, 4])
  })

  test('trains convolutions on wasm', async () => {
    await selectEngine('wasm')
    const gradient = tf.tidy(() => {
      const x = tf.ones<tf.Rank.R4>([1, 3, 3, 1])
      const sum = (filter: tf.Tensor) => tf.sum(tf.conv2d(x, filter as tf.Tensor4D, 1, 'same'))
      return Array.from(
        tf
          .grad(sum)(tf.ones([3, 3, 1, 1]))
          .dataSync(),
      )
    })
    expectAllClose(gradient, [4, 6, 4, 6, 9, 6, 4, 6, 4])
  })

  test('takes the first that loads and says in one line why those before it do not', async () => {
    const engine = await selectEngine()
    const order: EngineName[] = ['node-gpu', 'native', 'node', 'wasm', 'cpu']
    expect(engine.skipped.map(({ name }) => name)).toEqual(order.slice(0, order.indexOf(engine.name)))
    expect(tf.getBackend()).toBe(engine.backend)
    for (const { reason } of engine.skipped) expect(reason).toMatch(/^[^\n]{10,}$/)
  })

  test('an unknown name is an error that lists the choices', async () => {
    await expect(selectEngine('wsam' as EngineName)).rejects.toThrow(
      'selectEngine: name must be one of node-gpu, native, node, wasm, cpu, webgpu, got wsam',
    )
  })

  test('an engine asked for by name that does not load is an error with its reason, and changes nothing', async () => {
    const missing = (await probeEngines()).find(({ loads }) => !loads)
    // Every machine lacks one: there is no CUDA and WebGPU beside each other without their packages.
    expect(missing).toBeDefined()
    const error: unknown = await selectEngine(missing!.name).catch((thrown: unknown) => thrown)
    expect(KdError.isInstance(error)).toBe(true)
    expect((error as KdError).message).toContain(
      `selectEngine: engine ${missing!.name} must load, got ${missing!.name}: ${missing!.reason}`,
    )
    expect(missing!.hint).toMatch(/^[^\n]{5,}$/)
    expect((error as KdError).hint).toContain(`${missing!.hint}; probeEngines()`)
    expect(tf.getBackend()).toBe('cpu')
  })
})

describe('probeEngines', () => {
  test('tells of every engine whether it loads, and leaves the one in use', async () => {
    const probes = await probeEngines()
    expect(probes.map(({ name }) => name)).toEqual(['node-gpu', 'native', 'node', 'wasm', 'cpu', 'webgpu'])
    expect(probes).toContainEqual({ name: 'wasm', loads: true, version: expect.stringMatching(/^4\./) })
    for (const { loads, reason, version } of probes) {
      if (loads) expect(version).toBeDefined()
      else expect(reason).toMatch(/^[^\n]{10,}$/)
    }
    expect(tf.getBackend()).toBe('cpu')
  })
})

describe('importOptional', () => {
  test('a package that is not there: how to install it', async () => {
    const error: unknown = await importOptional('@kd/no-such-package').catch((thrown: unknown) => thrown)
    expect(firstLine(error)).toBe('@kd/no-such-package is not installed')
    expect((error as KdError).hint).toBe('npm i @kd/no-such-package')
  })

  test('a package that fails: why, and its own hint before ours', async () => {
    const failing = (thrown: string): string => `data:text/javascript,throw ${encodeURIComponent(thrown)}`
    const error: unknown = await importOptional(failing("new Error('no addon\\nmore')"), 'build it').catch(
      (thrown: unknown) => thrown,
    )
    expect(firstLine(error)).toMatch(/^data:.* is installed but does not load: no addon$/)
    expect((error as KdError).hint).toBe('build it')
    const own = failing("Object.assign(new Error('no addon'), { hint: 'install it' })")
    await expect(importOptional(own, 'build it')).rejects.toMatchObject({ hint: 'install it' })
  })
})
