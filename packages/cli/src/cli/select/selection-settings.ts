import type { OptionsSchema } from '@kd/core'
import { refreshedSelection, type RefreshedSelectionOptions, type ScoreName } from '@kd/selection'
import type { Config } from '../../config/config-schema.js'

/** What a selection is made by: the options of Data Selection with their defaults, and a score by its name. */
export type SelectionSettings = {
  readonly [Name in keyof Omit<RefreshedSelectionOptions, 'score' | 'every'>]-?: Exclude<
    RefreshedSelectionOptions[Name],
    undefined
  >
} & { readonly score: ScoreName }

/**
 * The selection of a config.
 *
 * @param config - whose method may have one; otherwise the defaults hold
 * @returns all settings
 */
export function selectionSettings({ method }: Config): SelectionSettings {
  const schema: OptionsSchema = refreshedSelection.options
  return schema.parse(method?.['selection'] ?? {}) as unknown as SelectionSettings
}
