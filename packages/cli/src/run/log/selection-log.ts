import type { SelectionChoice, SelectionListener } from '../../config/method-entry.js'
import type { SelectionLine } from './run-log.js'
import { spreadOf } from './spread.js'

const BINS = 20

/** Follows the choices of Data Selection in a run, if its method has that. */
export class SelectionLog implements SelectionListener {
  #pending: SelectionChoice | undefined

  /** Takes a choice. */
  chose(choice: SelectionChoice): void {
    this.#pending = choice
  }

  /**
   * The choice since the last call.
   *
   * @param epoch - that it came before, from 1
   * @returns a line for the run's metrics, and all scores as comma-separated values; undefined where there was none
   */
  take(epoch: number): { readonly line: SelectionLine; readonly csv: string } | undefined {
    if (this.#pending === undefined) return undefined
    const { train, scores, mask } = this.#pending
    this.#pending = undefined
    const labels = Array.from(train.labels)
    const classes = Array.from({ length: Math.max(...new Set(labels)) + 1 }, (_, label) => {
      const ofClass = [...labels.keys()].filter((row) => labels[row] === label)
      return { examples: ofClass.length, chosen: ofClass.filter((row) => mask[row] === 1).length }
    })
    const rows = Array.from(train.ids, (id, row) => [id, labels[row], scores[row], mask[row]].join())
    return {
      line: {
        kind: 'selection',
        epoch,
        examples: labels.length,
        chosen: classes.reduce((sum, { chosen }) => sum + chosen, 0),
        spreads: { 'selection score': spreadOf(scores, BINS) },
        classes,
      },
      csv: `id,label,score,chosen\n${rows.join('\n')}\n`,
    }
  }
}
