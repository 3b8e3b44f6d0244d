const again = 'once more ends at once\n'
const saved = 'ending after this step and saving what was done'

/**
 * What to say at the first Ctrl-C.
 *
 * @param command - the word behind `kd`
 * @returns what is kept and how to go on with it; nothing for a command that only looks on
 */
export function endingText(command = ''): string {
  switch (command) {
    case 'watch':
      return ''
    case 'distill':
    case 'train':
      return `${saved}, --resume goes on; ${again}`
    case 'compare':
    case 'analyse':
    case 'keep-answers':
    case 'label':
      return `${saved}, the same command again goes on; ${again}`
    case 'worker':
      return `${saved}, another worker goes on; ${again}`
    default:
      return `ending after this step; ${again}`
  }
}
