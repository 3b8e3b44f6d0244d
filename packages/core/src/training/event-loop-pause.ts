/** Milliseconds after which signals, timers and progress get a turn. */
const TURN = 20

/**
 * Makes a function that waits for a turn of the event loop now and then: engines compute in one go, and without a pause Ctrl-C and
 * progress would wait for the end of a long pass.
 */
export function eventLoopPause(): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < TURN) return
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve)
      else setTimeout(resolve, 0)
    })
    last = performance.now()
  }
}
