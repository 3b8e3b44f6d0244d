import { KdError } from '@kd/core'
import { readFileBytes } from '../files/read-files.js'

/**
 * Reads a file of one byte per example, such as the human labels of CIFAR-10N written out as bytes: byte i is the label
 * of the example with id i.
 *
 * @param path - the file
 * @param options - `examples`: how many labels there must be, checked when given
 * @returns the labels by example id, for {@link corruptLabels} with `kind: 'from-labels'`
 * @throws {@link KdError} when the file cannot be read or has another length, or is text
 *
 * @example
 * ```ts
 * import { corruptLabels, loadDataset, readLabelFile, splitDataset } from '@kd/datasets'
 *
 * async function noisyCifar(path: string, labelFile: string) {
 *   const cifar = splitDataset(await loadDataset({ name: 'cifar10', path }), { validation: 0.1 })
 *   return corruptLabels(cifar, { kind: 'from-labels', labels: await readLabelFile(labelFile, { examples: 50_000 }) })
 * }
 * console.log(typeof noisyCifar)
 * ```
 *
 * @see Wei et al., Learning with Noisy Labels Revisited: A Study Using Real-World Human Annotations, ICLR 2022
 */
export async function readLabelFile(
  path: string,
  options: { readonly examples?: number | undefined } = {},
): Promise<Uint8Array> {
  const bytes = await readFileBytes(path, 'readLabelFile')
  if (isText(bytes)) {
    throw new KdError(
      `readLabelFile: ${path} must have one byte per label, 0 for the first class, got numbers written as text`,
      { hint: "write the labels as bytes: in Python open(path, 'wb').write(bytes(labels))" },
    )
  }
  if (options.examples !== undefined && bytes.length !== options.examples) {
    throw new KdError(
      `readLabelFile: ${path} must have one byte for each of ${options.examples} examples, got ${bytes.length} bytes`,
      { hint: 'use the file whole and uncompressed, with one unsigned byte per label' },
    )
  }
  return bytes
}

/** Tells whether bytes are numbers in digits with spaces or line ends between them, or the text of a .npy or .csv file's start. */
function isText(bytes: Uint8Array): boolean {
  // Labels as bytes hold small numbers; the digits and separators of text lie from 9 to 57.
  const digits = bytes.some((byte) => byte >= 0x30 && byte <= 0x39)
  return (
    digits && bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f))
  )
}
