// The package brings no types; this is what is used of it.
declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      readonly studentt: {
        /** The probability of a value of at most `value` under Student's t with the given degrees of freedom. */
        cdf(value: number, degreesOfFreedom: number): number
        /** The value that stays below with the given probability. */
        inv(probability: number, degreesOfFreedom: number): number
      }
    }
  }
  // eslint-disable-next-line no-restricted-syntax -- CommonJS
  export default jstat
}
