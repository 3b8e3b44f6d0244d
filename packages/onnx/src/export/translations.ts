import { averagePooling2d, conv2d, depthwiseConv2d, maxPooling2d } from './convolutions.js'
import * as elementwise from './elementwise.js'
import type { LayerTranslation } from './layer.js'
import { concatenate, cropping2d, permute, reshape, zeroPadding2d } from './shapes.js'

/** A layer that does nothing outside of training. */
const nothing: LayerTranslation = ({ inputs }) => inputs[0]!

/** What ONNX export knows, by the class names of TensorFlow.js. */
export const translations: Readonly<Record<string, LayerTranslation>> = {
  Activation: elementwise.activation,
  Add: elementwise.add,
  AlphaDropout: nothing,
  AveragePooling2D: averagePooling2d,
  BatchNormalization: elementwise.batchNormalization,
  Concatenate: concatenate,
  Conv2D: conv2d,
  Cropping2D: cropping2d,
  Dense: elementwise.dense,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: nothing,
  Flatten: reshape,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  GlobalAveragePooling2D: elementwise.globalAveragePooling2d,
  GlobalMaxPooling2D: elementwise.globalMaxPooling2d,
  LeakyReLU: elementwise.leakyRelu,
  MaxPooling2D: maxPooling2d,
  Multiply: elementwise.multiply,
  Permute: permute,
  ReLU: elementwise.relu,
  Reshape: reshape,
  Softmax: elementwise.softmax,
  SpatialDropout1D: nothing,
  ZeroPadding2D: zeroPadding2d,
}
