import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js'
import { writeFileSync } from 'node:fs'

const jasmine = jasmineRequire.core(jasmineRequire)
const environment = jasmine.getEnv()
Object.assign(globalThis, jasmineRequire.interface(jasmine, environment))
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000
// In the order in which they are written, so that two engines meet the same state.
environment.configure({ random: false })

/** Runs what was declared and writes a result per test into the file that KD_SUITE_RESULTS names. */
export async function execute() {
  const results = []
  environment.addReporter({
    specDone({ fullName, status, failedExpectations, duration }) {
      results.push({ name: fullName, status, duration, message: failedExpectations[0]?.message })
    },
  })
  await environment.execute()
  writeFileSync(process.env.KD_SUITE_RESULTS, JSON.stringify(results))
}
