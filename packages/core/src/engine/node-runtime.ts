import * as tf from '@tensorflow/tfjs-core'
import { KdError } from '../errors.js'

/** @throws {@link KdError} outside Node.js */
export function assertNode(): void {
  if (!runsInNode()) throw new KdError('needs Node.js')
}

/** Whether this is Node.js, not a browser or a bundle for one. */
export function runsInNode(): boolean {
  return tf.env().getBool('IS_NODE')
}

/**
 * Puts back the functions of `node:util` that Node 23 removed and that tfjs-node 4.22 still calls; its fix was merged
 * in 2025 and never released.
 *
 * @see https://github.com/tensorflow/tfjs/issues/8609
 */
export function restoreRemovedUtilities(): void {
  // Not an import, which a bundle for browsers could not resolve.
  const utilities = globalThis.process.getBuiltinModule('node:util') as unknown as Record<string, unknown>
  utilities['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  utilities['isArray'] ??= Array.isArray
}
