import type { EngineName } from '@kd/core'
import { runSelection, type SelectionResult } from '../select/run-selection.js'
import { percent, showProgress } from '../terminal/show-progress.js'
import { table } from '../terminal/table.js'
import type { CommandContext } from './command-context.js'
import { configAndOverrides } from './standard-arguments.js'

/** Flags of `kd select`. */
export interface SelectFlags {
  readonly engine?: EngineName
  readonly out?: string
  readonly force?: boolean
}

/** `kd select [CONFIG] [key=value ...]`. */
export async function selectCommand(
  words: readonly string[],
  flags: SelectFlags,
  { terminal, signal }: CommandContext,
): Promise<{ text: string; json: SelectionResult }> {
  const { config, overrides } = configAndOverrides(words, 'kd.yaml')
  const { onProgress, stop } = showProgress(terminal)
  try {
    const result = await runSelection(config, { ...flags, overrides, onProgress, signal })
    return { text: selectionText(result), json: result }
  } finally {
    stop()
  }
}

function selectionText({ examples, selected, wrongLabels, ...result }: SelectionResult): string {
  const time = `${result.engine} engine, ${result.seconds.toFixed(1)} s`
  if (examples === undefined || selected === undefined)
    return `ended by you, no scores written to ${result.folder} (${time})`
  const row = (name: string, count: number, wrong: number | undefined): string[] => [
    name,
    String(count),
    ...(wrong === undefined ? [] : [percent(wrong)]),
  ]
  return [
    `${result.score} of the ${result.model}'s last layer on ${result.dataset}, ${time}`,
    table(
      ['taught', 'examples', ...(wrongLabels ? ['wrong labels'] : [])],
      [
        row('by the teacher', selected, wrongLabels?.selected),
        row('by the label', examples - selected, wrongLabels?.others),
      ],
    ),
    `${result.folder}: ${result.files.join(', ')}`,
  ].join('\n')
}
