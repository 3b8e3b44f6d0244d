import type { Method, Phase, RunningMethod, RunStart } from './method.js'
import { unitedNeeds, type Needs } from './needs.js'
import type { ExampleLosses, Step } from './step.js'

/** What a wrapper changes of a method. */
export interface MethodChanges {
  /** The name of the new method. */
  readonly name: string
  /** What it needs beside what the method needs; tasks only where it narrows those of the method. */
  readonly needs?: Needs
  /**
   * The losses of a step in which the student learns.
   *
   * @param step - the step
   * @param inner - gives the method's own losses, of this step or of a changed one
   */
  readonly loss?: (step: Step, inner: (step: Step) => ExampleLosses) => ExampleLosses
  /** What the new method keeps in a run, where it keeps something; the rest is the method's. */
  readonly start?: (run: RunStart, inner: RunningMethod) => Partial<RunningMethod>
}

/**
 * A method that does everything as another one but for what is given: how a mask, a weight or a changed teacher is put around any
 * method. Variables, phases, views, state and values by example stay the method's.
 *
 * @param method - does the rest
 * @param changes - see {@link MethodChanges}
 * @returns the new method
 *
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs-core'
 * import { labelLoss, wrapMethod } from '@kd/core'
 *
 * const method = labelLoss()
 * const halved = wrapMethod(method, {
 *   name: `halved-${method.name}`,
 *   needs: { tasks: 'any' },
 *   loss: (step, inner) => ({ label: tf.mul(0.5, inner(step)['label']!) }),
 * })
 * console.log(halved.name) // halved-label-loss
 * ```
 */
export function wrapMethod(method: Method, { name, needs, loss, start }: MethodChanges): Method {
  return {
    name,
    needs: needs === undefined ? method.needs : unitedNeeds(method.needs, { tasks: 'any', ...needs }),
    start(run) {
      const inner = method.start(run)
      const around = loss === undefined ? inner : delegate(inner, { phases: studentPhases(inner, loss) })
      return start === undefined ? around : delegate(around, start(run, around))
    },
  }
}

/**
 * The phases of a method with another loss wherever the student learns.
 *
 * @param running - the method in a run
 * @param loss - as in {@link MethodChanges}
 * @returns as many phases
 */
export function studentPhases(
  running: RunningMethod,
  loss: (step: Step, inner: (step: Step) => ExampleLosses) => ExampleLosses,
): Phase[] {
  return running.phases.map((phase) =>
    phase.learner === 'student'
      ? { ...phase, loss: (step: Step) => loss(step, (other) => phase.loss(other)) }
      : phase,
  )
}

/**
 * A running method that leaves to another one whatever it does not do itself. It delegates member by member: a method may be an
 * object of a class, which spreading would take apart.
 *
 * @param inner - does the rest
 * @param changes - what is done another way
 * @returns the new one
 */
export function delegate(inner: RunningMethod, changes: Partial<RunningMethod>): RunningMethod {
  const { variables } = inner
  return {
    phases: inner.phases,
    ...(variables && { variables }),
    ...(inner.views && { views: (batch) => inner.views!(batch) }),
    ...(inner.afterStep && {
      afterStep: (step) => {
        inner.afterStep!(step)
      },
    }),
    ...(inner.beforeEpoch && { beforeEpoch: (context) => inner.beforeEpoch!(context) }),
    ...(inner.save && { save: () => inner.save!() }),
    ...(inner.load && {
      load: (state) => {
        inner.load!(state)
      },
    }),
    ...(inner.examples && { examples: (ids, step) => inner.examples!(ids, step) }),
    ...(inner.dispose && {
      dispose: () => {
        inner.dispose!()
      },
    }),
    ...changes,
  }
}
