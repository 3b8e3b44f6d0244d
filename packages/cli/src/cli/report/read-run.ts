import { ThinnedSeries, type ReportedEpoch, type ReportedResult, type ReportedRun } from '@kd/report'
import { join } from 'node:path'
import { LogReader } from '../../run/log/log-reader.js'
import type { ReadLine, ReadLineOf } from '../../run/log/run-log.js'
import { recordedRun } from '../../run/origin/recorded-run.js'
import { mainFigure, reportedTask } from '../../run/log/run-result.js'
import { standStill } from '../../run/folder/stand-still.js'
import { UsageError } from '../../config/usage-error.js'
import { ExamplesOverTraining } from './examples-over-training.js'
import { readDiagnostics } from '../../run/diagnostics/read-diagnostics.js'
import { readRegularText } from '../../config/regular-file.js'

/** How many epochs of a long training are kept: a report draws no more of them. */
const EPOCHS = 1000
/** And so many of the last ones, without a gap: more than come between two looks at a run. */
const NEWEST = 200

/**
 * Reads what a run has written so far, for a report.
 *
 * @param folder - of the run
 * @param name - that the report calls it by
 * @returns plain data
 * @throws {@link UsageError} when the folder is no run's, or a file in it holds something else
 */
export function readRun(folder: string, name: string): Promise<ReportedRun> {
  return new RunReader(folder, name).read()
}

/** Reads a run again and again while it goes on: of its log what is new, and in memory that does not grow with it. */
export class RunReader {
  readonly #folder: string
  readonly #name: string
  readonly #log: LogReader
  #lines = new KeptLines()
  #monitor = 'top1'

  /** This is the same as for {@link readRun}. */
  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
    this.#log = new LogReader(folder, {
      onLine: (line) => this.#lines.add(line),
      onRestart: () => (this.#lines = new KeptLines()),
    })
  }

  /** Reads what there is by now, as {@link readRun} does. */
  async read(): Promise<ReportedRun> {
    const [folder, name] = [this.#folder, this.#name]
    const recorded = await recordedRun(folder)
    if (recorded === undefined)
      throw new UsageError(`${folder} must be the folder of a run or of a comparison, got neither`)
    // First: whoever is gone by then has written all there is.
    const reason = await standStill(folder)
    await this.#log.read()
    const { epochs, trained, result, examples } = this.#lines
    const { method, seed } = recorded.config as { method?: { name?: unknown }; seed?: unknown }
    const task = reportedTask(recorded.environment) ?? result?.task
    const figure = task && mainFigure(task)
    const monitor = figure?.name ?? 'top1'
    this.#monitor = monitor
    const diagnostics = await readDiagnostics(join(folder, 'diagnostics.json'))
    return {
      name,
      method: typeof method?.name === 'string' ? method.name : 'unknown',
      seed: typeof seed === 'number' ? seed : 0,
      config: await readRegularText(join(folder, 'config.yaml')),
      environment: recorded.environment,
      ...(figure && { figure }),
      epochs: epochs.values.map((line) => reportedEpoch(line, monitor)),
      trained: { ...trained },
      ...examples.reported,
      ...(result ? { result: reportedResult(result, monitor) } : reason !== undefined && { stopped: reason }),
      ...(diagnostics && { diagnostics }),
    }
  }

  /** The last epochs, none left out: of a long training {@link RunReader.read} gives only some. */
  get newest(): readonly ReportedEpoch[] {
    return this.#lines.newest.map((line) => reportedEpoch(line, this.#monitor))
  }
}

/** What is kept of the lines of a log. */
class KeptLines {
  readonly epochs = new ThinnedSeries<ReadLineOf<'epoch'>>(EPOCHS)
  readonly trained = { epochs: 0, steps: 0, seconds: 0 }
  readonly examples = new ExamplesOverTraining()
  newest: readonly ReadLineOf<'epoch'>[] = []
  result: ReadLineOf<'result'> | undefined

  add(line: ReadLine): void {
    if (line.kind === 'result') this.result = line
    if (line.kind === 'examples') this.examples.add(line)
    if (line.kind !== 'epoch') return
    this.epochs.add(line)
    this.newest = [...this.newest, line].slice(-NEWEST)
    this.trained.epochs++
    this.trained.steps += line.steps
    this.trained.seconds += line.seconds
  }
}

function reportedEpoch(
  { kind: _, train, validation, ...epoch }: ReadLineOf<'epoch'>,
  monitor: string,
): ReportedEpoch {
  const ofTrain = train.figures[monitor] ?? train.top1
  return {
    ...epoch,
    train: { loss: train.loss, parts: train.parts, ...(ofTrain !== undefined && { figure: ofTrain }) },
    ...(validation && {
      validation: { loss: validation['loss'] ?? NaN, figure: validation[monitor] ?? NaN },
    }),
  }
}

function reportedResult(
  { ended, seconds, last, best, saved, alone, student, teachers }: ReadLineOf<'result'>,
  monitor: string,
): ReportedResult {
  const valueOf = (figures: Readonly<Record<string, number | null | undefined>> | undefined) =>
    figures?.[monitor] ?? undefined
  const studentOf = (found: ReadLineOf<'result'>['last']) => {
    const [validation, test] = [valueOf(found?.validation), valueOf(found?.test)]
    const { balancedAccuracy, macroF1 } = found?.test ?? {}
    return (
      found && {
        epoch: found.epoch,
        ...(validation !== undefined && { validation }),
        ...(test !== undefined && { test }),
        ...(typeof balancedAccuracy === 'number' && { balancedAccuracy }),
        ...(typeof macroF1 === 'number' && { macroF1 }),
      }
    )
  }
  const [lastStudent, bestStudent] = [studentOf(last), studentOf(best)]
  const aloneStudent = studentOf(alone?.saved === 'last' ? alone.last : (alone?.best ?? alone?.last))
  return {
    ended,
    seconds,
    ...(lastStudent && { last: lastStudent }),
    ...(bestStudent && { best: bestStudent }),
    ...(saved && { saved }),
    ...(aloneStudent && { alone: aloneStudent }),
    ...(student && { student }),
    teachers: teachers.map(({ model, train, test, parameters, bytes }) => {
      const ofTest = valueOf(test)
      return {
        model,
        train: valueOf(train) ?? NaN,
        ...(ofTest !== undefined && { test: ofTest }),
        ...(parameters !== undefined && { parameters }),
        ...(bytes !== undefined && { bytes }),
      }
    }),
  }
}
