export { describeOnnx, type OnnxDescription } from './describe-onnx.js'
export { exportOnnx, type ExportOnnxOptions } from './export/export-onnx.js'
export type { OnnxValue } from './file/onnx-model.js'
export { quantizeOnnx, type QuantizeOnnxOptions } from './quantize/quantize-onnx.js'
export type { Calibration } from './quantize/calibrate.js'
export { onnxTeacher, type OnnxTeacher } from './teacher/onnx-teacher.js'
export type {
  OnnxRuntime,
  OnnxRuntimeTensor,
  OnnxSession,
  OnnxSessionFactory,
  OnnxTensorInfo,
} from './runtime.js'
export type { OnnxTeacherOptions } from './teacher/teacher-options.js'
