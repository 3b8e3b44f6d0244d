import type { LayersModel } from '@tensorflow/tfjs-layers'

/** How large a model is. */
export interface ModelSize {
  /** All numbers that it keeps, moving averages too. */
  readonly parameters: number
  /** Of these numbers as float32. */
  readonly bytes: number
}

/** Counts the parameters of a model. */
export function modelSize(model: LayersModel): ModelSize {
  const parameters = model.countParams()
  return { parameters, bytes: parameters * Float32Array.BYTES_PER_ELEMENT }
}
