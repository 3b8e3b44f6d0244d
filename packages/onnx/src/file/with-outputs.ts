import { MessageWriter } from './protobuf.js'

/**
 * Makes inner tensors outputs of the model. Protobuf merges a message with one that is appended to it, so that the file grows by a few
 * bytes at its end and keeps all others.
 *
 * @param bytes - the file
 * @param names - tensors of the graph that are no outputs yet
 */
export function withOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = new MessageWriter()
  for (const name of names) graph.bytes(12, new MessageWriter().bytes(1, name))
  const end = new MessageWriter().bytes(7, graph).finish()
  const result = new Uint8Array(bytes.length + end.length)
  result.set(bytes)
  result.set(end, bytes.length)
  return result
}
