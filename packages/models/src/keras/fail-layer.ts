/** Throws an error that names a layer, the rule that it breaks, and the way by ONNX. */
export type FailLayer = (name: string, rule: string) => never
