import { KdError, type CheckpointMoment, type TrainingCheckpoint } from '@kd/core'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { RunFolder } from '../folder/run-folder.js'
import { RunLog } from '../log/run-log.js'
import type { OnRunProgress } from '../log/run-progress.js'
import { CheckpointFolder } from './checkpoint-folder.js'

/** Seconds between two checkpoints within an epoch, where nobody says. */
export const CHECKPOINT_SECONDS = 60

/** How many times the duration of the last checkpoint the next one waits at the end of an epoch, so that 2 % of a run at most go into them. */
const PAUSES = 50

/** What the checkpoints of a run need of it. */
export interface RunCheckpointsSetup {
  readonly folder: RunFolder
  /** The run's identity. */
  readonly id: string
  /** Whether trainings are taken up where they were left. */
  readonly resume: boolean
  /** Seconds between two checkpoints; 0: after each step. */
  readonly everySeconds: number
  /** When this is set off, the next moment is kept. */
  readonly signal: AbortSignal | undefined
  readonly tell: OnRunProgress
}

/** What a training is given to be interruptible. */
export interface InterruptibleTraining {
  readonly resume?: TrainingCheckpoint
  readonly onCheckpoint: (moment: CheckpointMoment) => Promise<void>
}

/** Keeps the trainings of a run on the disk, and takes them up again. */
export class RunCheckpoints {
  readonly #setup: RunCheckpointsSetup
  readonly #files: CheckpointFolder
  readonly #log: RunLog
  readonly #started = performance.now()
  /** Wall time of the run before this process. */
  #secondsBefore = 0
  #lastEnded = performance.now()
  #lastTook = 0
  /** How long metrics.jsonl is where a training begins from its start. */
  #metricsBytes = 0

  constructor(setup: RunCheckpointsSetup) {
    this.#setup = setup
    this.#log = new RunLog(setup.folder)
    this.#files = new CheckpointFolder(join(setup.folder.path, 'checkpoint'))
  }

  /** Wall time of the run, that of earlier processes included. */
  get seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000
  }

  /**
   * Prepares a training, and puts metrics.jsonl back to where it was at the checkpoint from which it goes on.
   *
   * @param who - which training of the run
   * @param dependsOn - hashes of what else it depends on beside the run: its data, its teachers
   * @returns what its options need
   */
  async training(who: string, dependsOn: readonly string[]): Promise<InterruptibleTraining> {
    const { id, resume, tell } = this.#setup
    const identity = createHash('sha256')
      .update(JSON.stringify([id, who, ...dependsOn]))
      .digest('hex')
    this.#lastEnded = performance.now()
    const onCheckpoint = (moment: CheckpointMoment): Promise<void> => this.#offer(who, identity, moment)
    if (!resume) return { onCheckpoint }
    const found = await this.#files.latest({
      who,
      identity,
      metricsBytes: await this.#log.bytes(),
      onRefused: (file, reason) => {
        tell({ kind: 'message', text: `checkpoint/${file} is not used: ${reason}` })
      },
    })
    await this.#log.truncate(found?.metricsBytes ?? this.#metricsBytes)
    if (found === undefined) {
      tell({ kind: 'message', text: `${who} begins from the start: no checkpoint of it to go on from` })
      return { onCheckpoint }
    }
    this.#secondsBefore = found.seconds
    const { epoch, step } = found.training.progress
    tell({ kind: 'message', text: `${who} goes on in epoch ${epoch + 1} after step ${step}` })
    return { resume: found.training, onCheckpoint }
  }

  /** Says how long metrics.jsonl was after a training that has ended: the next one begins there. */
  beginNextFrom(metricsBytes: number): void {
    this.#metricsBytes = metricsBytes
  }

  /** Removes all checkpoints, after the end of the run. */
  async remove(): Promise<void> {
    await this.#files.remove()
  }

  async #offer(who: string, identity: string, moment: CheckpointMoment): Promise<void> {
    if (!this.#isDue(moment)) return
    const began = performance.now()
    const { folder, tell } = this.#setup
    const { seconds } = this
    const training = await moment.take()
    try {
      folder.assertHeld()
      const metricsBytes = await this.#log.bytes()
      await this.#files.write({ identity, who, metricsBytes, seconds, training })
    } catch (error) {
      // Better a run without a way back than no run; what was written before stays.
      if (!KdError.isInstance(error)) throw error
      tell({ kind: 'message', text: `no checkpoint was kept: ${error.message.replace('\n  ', '; ')}` })
    }
    this.#lastEnded = performance.now()
    this.#lastTook = this.#lastEnded - began
  }

  #isDue({ step }: CheckpointMoment): boolean {
    const { everySeconds, signal } = this.#setup
    if (signal?.aborted === true) return true
    const pause = performance.now() - this.#lastEnded
    const isEpochEnd = step === 0
    return pause >= Math.min(1000 * everySeconds, isEpochEnd ? PAUSES * this.#lastTook : Infinity)
  }
}
