// Leaves a trace where it was run: no data that the fuzzer makes may get as far.
import { writeFileSync } from 'node:fs'

globalThis.kdExecuted = true
writeFileSync('executed', '')

export default { methods: {} }
