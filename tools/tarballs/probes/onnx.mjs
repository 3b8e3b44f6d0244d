import { describeOnnx } from '@kd/onnx'

async function main() {
  // An identity from x to y, as another program writes it.
  const bytes = Uint8Array.from([
    ...[8, 7, 58, 31, 10, 16, 10, 1, 120, 18, 1, 121, 34, 8, 73, 100, 101, 110, 116, 105, 116, 121],
    ...[18, 1, 103, 90, 3, 10, 1, 120, 98, 3, 10, 1, 121, 66, 4, 10, 0, 16, 13],
  ])
  const { inputs, tensors } = describeOnnx(bytes)
  if (inputs[0]?.name !== 'x' || tensors.join() !== 'y') throw new Error('describeOnnx found another graph')
}

void main()
