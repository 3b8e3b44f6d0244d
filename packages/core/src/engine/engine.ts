/** What TensorFlow.js computes with; see `docs/engines.md` for how to choose. */
export type EngineName = 'node-gpu' | 'native' | 'node' | 'wasm' | 'cpu' | 'webgpu'

/** The engine in use. */
export interface Engine {
  readonly name: EngineName
  /** What TensorFlow.js calls its backend: the argument of `tf.setBackend`. */
  readonly backend: string
  /** Version of the package that brings it. */
  readonly version: string
  /** Those that stand before it in the default order, and why each was passed over; empty for one asked for by name. */
  readonly skipped: readonly { readonly name: EngineName; readonly reason: string }[]
}

/** Settings of engines. */
export interface EngineOptions {
  /**
   * Folder or URL prefix of the `.wasm` files of `@tensorflow/tfjs-backend-wasm`, ending in a slash. Node finds them in
   * the package; a bundled page has to serve them.
   */
  readonly wasmPath?: string
}

/** How one engine is brought in. */
export interface EngineLoader {
  readonly name: EngineName
  /** This is the same as {@link Engine.backend}. */
  readonly backend: string
  /**
   * Imports the package, so that the backend is registered, and returns its version. What stands in the way is thrown as
   * an error whose message is one line, with the way out as its hint.
   */
  load(options: EngineOptions): Promise<string>
  /** Looks at the backend once it runs; throws as `load` does. */
  verify?(): void
}
