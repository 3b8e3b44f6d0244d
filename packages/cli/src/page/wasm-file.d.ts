/** A file of WebAssembly, which the bundler turns into a data: address. */
declare module '*.wasm' {
  const address: string
  // A bundler gives a file by its default export.
  // eslint-disable-next-line no-restricted-syntax
  export default address
}
