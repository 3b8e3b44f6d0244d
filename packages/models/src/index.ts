export { countMultiplyAdds } from './count-multiply-adds.js'
export { cifarResnet, resnet32x4, resnet8x4, type CifarResnetOptions } from './families/cifar-resnet.js'
export { mlp, type MlpOptions } from './families/mlp.js'
export { mobilenetV2, type MobilenetV2Options } from './families/mobilenet-v2.js'
export type { ImageModelOptions, ImageShape } from './families/model-options.js'
export type { ResnetShortcut } from './families/residual-block.js'
export { shufflenetV1 } from './families/shufflenet-v1.js'
export { shufflenetV2, type ShufflenetV2Options } from './families/shufflenet-v2.js'
export { smallCnn, type SmallCnnOptions } from './families/small-cnn.js'
export { vgg, type VggOptions } from './families/vgg.js'
export { wideResnet, type WideResnetOptions } from './families/wide-resnet.js'
export { freeze } from './fine-tuning/freeze.js'
export { replaceHead, type ReplaceHeadOptions } from './fine-tuning/replace-head.js'
export { withoutSoftmax } from './fine-tuning/without-softmax.js'
export { loadKeras } from './keras/load-keras.js'
export { readLogitTable } from './kept-logits/read-logit-table.js'
export { readNpy, type NpyArray } from './kept-logits/read-npy.js'
export { modelTopology } from './model-json/model-topology.js'
export { assertOutputSizes } from './model-json/model-bounds.js'
export { withinSize, withinWeights } from './model-json/weight-allowance.js'
export { weightsManifest, type WeightGroup, type WeightsManifest } from './model-json/weights-manifest.js'
export { penultimateLayer } from './penultimate-layer.js'
export { readSafetensors, readSafetensorsMetadata } from './safetensors/read-safetensors.js'
export type {
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsTensor,
} from './safetensors/safetensors-tensor.js'
export { writeSafetensors } from './safetensors/write-safetensors.js'
export {
  loadGraphModelTeacher,
  type GraphModelTeacherOptions,
} from './tensorflow-js/load-graph-model-teacher.js'
export { loadTensorflowModel } from './tensorflow-js/load-tensorflow-model.js'
export { quantizeWeights, type QuantizedWeights } from './tensorflow-js/quantize-weights.js'
export type { ModelFiles } from './tensorflow-js/model-files.js'
export { loadModelTensors, modelTensors } from './weights/model-tensors.js'
export { loadPytorchWeights } from './weights/load-pytorch-weights.js'
export { loadPytorchResnet, pytorchResnetTensors, type PytorchResnetNames } from './weights/pytorch-resnet.js'
