import { Presets, SingleBar } from 'cli-progress'
import { duration } from './duration.js'
import { guardedText } from './guarded-text.js'
import type { Terminal } from './terminal.js'

/** Milliseconds between two redraws. */
const REDRAW = 100

/** How far something is. */
export interface BarState {
  readonly value: number
  readonly total: number
  /** What stands behind the bar. */
  readonly note: string
}

/** A bar in the last line of a terminal, with the time that is left. Whatever is written meanwhile comes above it. */
export class TerminalBar {
  readonly #terminal: Terminal
  readonly #size: number
  #bar: SingleBar | undefined
  #drawnAt = 0
  #title = ''
  #state: BarState | undefined
  /** The first moment of what the bar is about, from which the time that is left is taken. */
  #first = { at: 0, value: 0 }

  /**
   * @param terminal - to whose standard error it is drawn
   * @param size - in columns, without what stands beside it
   */
  constructor(terminal: Terminal, size: number) {
    this.#terminal = terminal
    this.#size = size
  }

  /**
   * Shows how far something is, at most ten times a second.
   *
   * @param title - of what it is about; with another one the time that is left is counted anew
   * @param state - see {@link BarState}
   */
  draw(title: string, state: BarState): void {
    const now = performance.now()
    const isNew = this.#state === undefined || title !== this.#title || state.value < this.#first.value
    if (isNew) this.#first = { at: now, value: state.value }
    this.#title = title
    this.#state = state
    if (this.#bar !== undefined && !isNew && now - this.#drawnAt < REDRAW && state.value < state.total) return
    this.#drawnAt = now
    this.#render(state)
  }

  /** Shows the last state again, after something was written. */
  drawAgain(): void {
    if (this.#state !== undefined) this.#render(this.#state)
  }

  /** Takes the bar away, and forgets what it was about. */
  end(): void {
    this.#clear()
    this.#state = undefined
  }

  #render({ value, total, note }: BarState): void {
    const payload = { title: guardedText(this.#title), note: guardedText(note), left: this.#timeLeft() }
    if (this.#bar !== undefined) {
      this.#bar.setTotal(total)
      this.#bar.update(value, payload)
      return
    }
    const format = `${this.#terminal.colors.cyan('{bar}')} {title} {percentage}% {note}{left}`
    const stream = this.#terminal.screens.err
    const options = { format, stream, clearOnComplete: true, hideCursor: false, barsize: this.#size }
    this.#bar = new SingleBar(options, Presets.shades_classic)
    this.#terminal.drawn.clear = () => this.#clear()
    this.#bar.start(total, value, payload)
  }

  #timeLeft(): string {
    const { value, total } = this.#state!
    const done = value - this.#first.value
    if (done <= 0 || value >= total) return ''
    const seconds = (performance.now() - this.#first.at) / 1000
    return `  ${duration((seconds / done) * (total - value))} left`
  }

  #clear(): void {
    const bar = this.#bar
    this.#bar = undefined
    bar?.stop()
  }
}
