import { elementSizes, type OnnxTensor } from './onnx-model.js'
import { fields, fileError, packedVarints, readText } from './protobuf.js'

/**
 * Reads a constant, and checks that the file holds as many bytes as its shape asks for.
 *
 * @throws KdError for data outside of the file and for a shape that does not fit the data
 */
export function readTensor(bytes: Uint8Array): OnnxTensor {
  const shape: number[] = []
  const typed: Uint8Array[] = []
  let [name, elementType, typedField] = ['', 0, 0]
  let raw: Uint8Array | undefined
  refuseExternalData(bytes)
  for (const field of fields(bytes)) {
    if (field.number === 1)
      shape.push(...(field.bytes.length === 0 ? [field.value] : packedVarints(field.bytes)))
    else if (field.number === 2) elementType = field.value
    else if (field.number === 8) name = readText(field.bytes)
    else if (field.number === 9) raw = field.bytes
    else if ([4, 5, 7, 10, 11].includes(field.number)) {
      typedField = field.number
      typed.push(field.bytes)
    }
  }
  const size = elementSizes[elementType]
  if (size === undefined) return { name, elementType, shape, data: new Uint8Array(0) }
  const wanted = shape.reduce((product, length) => product * length, size)
  if (shape.some((length) => length < 0 || !Number.isSafeInteger(length)) || !Number.isSafeInteger(wanted)) {
    throw fileError('must have tensors of a possible size', `${name} of [${shape.join(', ')}]`)
  }
  const data = raw ?? typedData(typedField, typed, elementType)
  if (data.length !== wanted) {
    throw fileError(
      'must hold all of its tensors',
      `${data.length} bytes for ${name} of [${shape.join(', ')}], which needs ${wanted}`,
    )
  }
  return { name, elementType, shape, data }
}

/** Refuses a tensor whose values are in another file, whichever way it says so. */
export function refuseExternalData(tensor: Uint8Array): void {
  for (const field of fields(tensor)) {
    if (field.number === 13 || (field.number === 14 && field.value !== 0)) {
      throw fileError('must hold its own data', 'a tensor in another file', 'export the model into one file')
    }
  }
}

/** Brings values that stand as numbers of the message into the form of raw data. */
function typedData(field: number, parts: readonly Uint8Array[], elementType: number): Uint8Array {
  if (field === 4 || field === 10) {
    const data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      data.set(part, at)
      at += part.length
    }
    return data
  }
  const numbers = parts.flatMap((part) => packedVarints(part))
  const size = elementSizes[elementType]!
  const data = new Uint8Array(numbers.length * size)
  const view = new DataView(data.buffer)
  for (const [index, value] of numbers.entries()) {
    const at = index * size
    if (size === 1) view.setUint8(at, value)
    else if (size === 2) view.setUint16(at, value, true)
    else if (size === 4) view.setUint32(at, value, true)
    else view.setBigInt64(at, BigInt(value), true)
  }
  return data
}
