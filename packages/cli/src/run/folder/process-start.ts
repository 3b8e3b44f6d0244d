import { readFileSync } from 'node:fs'

/**
 * When a process of this machine started, where the system tells (Linux): the boot and the clock ticks since. So another
 * process with the pid of a dead one is not taken for it.
 *
 * @returns undefined when there is no such process, or only what is left of one
 */
export function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return isRunning(pid) ? 'unknown' : undefined
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
    // The program's name, which can hold anything, stands in parentheses before them.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `${boot}.${fields[19]!}`
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
