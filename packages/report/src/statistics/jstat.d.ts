// The package brings no types; this is what is used of it.
declare module 'jstat' {
  const jstat: {
    readonly jStat: {
      readonly studentt: {
        /** Probability of a value up to `value` under Student's t with so many degrees of freedom. */
        cdf(value: number, degreesOfFreedom: number): number
      }
    }
  }
  // eslint-disable-next-line no-restricted-syntax -- CommonJS
  export default jstat
}
