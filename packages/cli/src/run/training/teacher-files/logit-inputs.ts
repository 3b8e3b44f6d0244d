import { KdError, type AnyDataset, type LogitTable } from '@kd/core'
import { createHash } from 'node:crypto'
import { answerSplits, type AnswerSplit } from '../../answers/answer-manifest.js'

/** Where a table is used. */
interface TablePlace {
  readonly path: string
  readonly split: AnswerSplit
  readonly who: string
}

/**
 * Checks that a table of logits is about the inputs of the data, where it has their hash: the SHA-256 of the inputs as they are stored, one
 * behind the other in the order of its rows.
 *
 * @param table - has a row for every example of the split
 * @param hash - that its file has, if it has one
 * @param clean - the data set before label noise
 * @param place - where the table is used
 * @returns whether the hash was there and could be checked: not where some of its examples are not in the data
 * @throws {@link KdError} with both hashes where they differ
 */
export function assertInputs(
  { logits, classes, ids }: LogitTable,
  hash: string | undefined,
  clean: AnyDataset,
  { path, split, who }: TablePlace,
): boolean {
  if (hash === undefined) return false
  const rows = logits.length / classes
  const inputs = inputsById(clean, split)
  const found = createHash('sha256')
  for (let row = 0; row < rows; row++) {
    const input = inputs.get(ids === undefined ? row : ids[row]!)
    if (input === undefined) return false
    found.update(input)
  }
  const ofData = found.digest('hex')
  if (ofData === hash) return true
  throw new KdError(
    `${who}.logits: ${path} must be about the data of this run: their inputs have the SHA-256 ${ofData}, its inputs_sha256 is ${hash}`,
    { hint: 'ask the teacher about these data anew, in the order of their file' },
  )
}

/** The bytes of each input of all splits that lie in the same file as one of them. */
function inputsById(clean: AnyDataset, split: AnswerSplit): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  const others = answerSplits.filter((other) => other !== split)
  for (const name of [split, ...others]) {
    const examples = clean[name]
    if (examples === undefined || examples.ids.some((id) => found.has(id))) continue
    const { buffer, byteOffset, byteLength } = examples.inputs
    const size = byteLength / examples.ids.length
    examples.ids.forEach((id, row) => found.set(id, new Uint8Array(buffer, byteOffset + row * size, size)))
  }
  return found
}
