import { KdError } from '@kd/core'

/** How to get out of PyTorch what can be read here. */
const pickleHint = `a pickle is a program, which is never run here; save the weights in Python instead:
    import torch; from safetensors.torch import save_file
    state = torch.load("model.pt", map_location="cpu", weights_only=True)  # of a whole model: model.state_dict()
    save_file({name: value.contiguous() for name, value in state.items()}, "model.safetensors")
  or the whole model as ONNX: torch.onnx.export(model.eval(), example_inputs, "model.onnx")`

/**
 * Checks that a file is not what `torch.save` or `pickle` write: `.pt`, `.pth`, `.bin`, `.pkl`.
 *
 * @param bytes - the whole file
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} that says how to save the weights as safetensors or the model as ONNX
 */
export function assertNoPickle(bytes: Uint8Array, functionName: string): void {
  if (!isPickle(bytes)) return
  throw new KdError(`${functionName}: file must hold plain numbers, got a pickle of PyTorch or Python`, {
    hint: pickleHint,
  })
}

function isPickle(bytes: Uint8Array): boolean {
  // A safetensors file may begin with the same two bytes, those of its header's length.
  if (bytes[7] === 0 && bytes[8] === 0x7b) return false
  // Protocols 2 to 5 begin with 0x80 and their number. The older format of PyTorch begins so, too.
  if (bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5) return true
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return false
  // In the newer format of PyTorch a zip archive holds ARCHIVE/data.pkl, first of all.
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 4096))
  return start.includes('/data.pkl')
}
