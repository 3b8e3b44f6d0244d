import * as tf from '@tensorflow/tfjs-core'
import {
  crossEntropy,
  unitedNeeds,
  type Method,
  type Needs,
  type RunningMethod,
  type RunStart,
  type Step,
  type ViewBatch,
} from '@kd/core'
import { labelResiduals } from '../mixing-gradient/label-residuals.js'
import { methodTermPhases, studentPhaseOf } from './method-term-phases.js'
import type { MethodTerms } from './mixed-terms.js'

/** What stands before the names of everything that belongs to one term. */
function prefixOf(place: number): string {
  return `terms/${place}/`
}

/**
 * Names of the terms: `label`, then each method's name in camel case, numbered from 1 where two would have the same.
 *
 * @param methods - the terms beside the label
 * @returns one name for the label and each method
 */
function methodTermNames(methods: readonly Method[]): string[] {
  const plain = methods.map(({ name }) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()))
  const numbered = plain.map((name, place) => {
    const isShared = name === 'label' || plain.filter((other) => other === name).length > 1
    return isShared ? `${name}${plain.slice(0, place + 1).filter((other) => other === name).length}` : name
  })
  return ['label', ...numbered]
}

/**
 * What the terms need together. Each keeps its views, under names that begin with its place.
 *
 * @param methods - the terms beside the label
 * @returns their needs
 */
export function methodTermNeeds(methods: readonly Method[]): Needs {
  return methods
    .map(({ needs }, place): Needs => {
      const { views = {}, passes = {} } = needs
      const features = Object.values(views).flatMap(({ student = [] }) => (student === false ? [] : student))
      const studentFeatures = [...(passes.studentFeatures ?? []), ...features]
      return {
        ...needs,
        passes: { ...passes, studentFeatures },
        views: withPrefix(prefixOf(place), views),
      }
    })
    .reduce(unitedNeeds)
}

/** Whether a step of the student's last layer would not show what a method does: it reads features, or other forms of the inputs. */
export function seesInside({ needs: { studentFeatures = [], views = {} } }: Method): boolean {
  return studentFeatures.length > 0 || Object.keys(views).length > 0
}

/**
 * Starts methods as terms of a mix. A term's loss is the sum of its parts; its variables, phases, views and state go on as its own.
 *
 * @param methods - the terms beside the label
 * @param run - in which they start
 * @param functionName - the mix's factory, for messages
 * @returns the terms, the label's first
 * @throws {@link InvalidArgumentError} for a method that does not have exactly one phase of the student, or has its own optimizer
 * for it
 */
export function startMethodTerms(
  methods: readonly Method[],
  run: RunStart,
  functionName: string,
): MethodTerms {
  const terms = methods.map((method, place) => {
    const random = run.random.split('terms').split(place)
    const running = method.start({ ...run, random })
    const student = studentPhaseOf(method.name, running, functionName)
    const loss = (step: Step): tf.Tensor1D => {
      const parts = Object.values(student.loss(ownStep(step, place)))
      return parts.reduce((left, right) => tf.add(left, right))
    }
    return { running, place, loss, hasViews: Object.keys(method.needs.views ?? {}).length > 0 }
  })
  const runnings = terms.map(({ running }) => running)
  const seesViews = terms.some(({ hasViews }) => hasViews)
  return {
    names: methodTermNames(methods),
    scales: new Array<number>(methods.length + 1).fill(1),
    losses: (step) => [crossEntropy(step.studentLogits, step.labels), ...terms.map(({ loss }) => loss(step))],
    gradients: (step, batchSize) =>
      tf.tidy(() => [
        tf.div(labelResiduals(step.studentLogits, step.labels), batchSize),
        ...terms.map(({ loss }) => {
          const gradient = tf.grad((studentLogits: tf.Tensor) =>
            tf.sum(loss({ ...step, studentLogits: studentLogits as tf.Tensor2D })),
          )
          return tf.div<tf.Tensor2D>(gradient(step.studentLogits), batchSize)
        }),
      ]),
    ...(seesViews && { views: (batch) => viewsOf(runnings, batch) }),
    around: (mix) => aroundMix(mix, runnings),
  }
}

/** The step as a term sees it, with its views under the names that it gave them. */
function ownStep(step: Step, place: number): Step {
  return { ...step, views: withoutPrefix(prefixOf(place), step.views) }
}

async function viewsOf(
  runnings: readonly RunningMethod[],
  batch: ViewBatch,
): Promise<Record<string, tf.Tensor>> {
  const made: Record<string, tf.Tensor> = {}
  try {
    for (const [place, running] of runnings.entries()) {
      const random = batch.random.split('terms').split(place)
      Object.assign(made, withPrefix(prefixOf(place), (await running.views?.({ ...batch, random })) ?? {}))
    }
    return made
  } catch (error) {
    tf.dispose(made)
    throw error
  }
}

function aroundMix(mix: RunningMethod, runnings: readonly RunningMethod[]): RunningMethod {
  const terms = [...runnings.entries()]
  const { before, student, after } = methodTermPhases(
    runnings.map((running, place) => ({
      running,
      prefix: prefixOf(place),
      toOwn: (step) => ownStep(step, place),
    })),
  )
  return {
    ...mix,
    phases: [...before, ...mix.phases.map((phase) => ({ ...phase, variables: student })), ...after],
    variables: ofAllTerms(runnings, ({ variables }) => variables),
    ...(runnings.some((running) => running.views !== undefined) && {
      views: (batch: ViewBatch) => viewsOf(runnings, batch),
    }),
    ...(runnings.some((running) => running.afterStep !== undefined) && {
      afterStep(step: Step) {
        for (const [place, running] of terms) running.afterStep?.(ownStep(step, place))
      },
    }),
    async beforeEpoch(context) {
      for (const [place, running] of terms) {
        const random = context.random.split('terms').split(place)
        await running.beforeEpoch?.({ ...context, random })
      }
      await mix.beforeEpoch?.(context)
    },
    save: () => ({ ...mix.save?.(), ...ofAllTerms(runnings, (running) => running.save?.()) }),
    load(state) {
      mix.load?.(state)
      for (const [place, running] of terms) running.load?.(withoutPrefix(prefixOf(place), state))
    },
    async examples(ids, step) {
      const values: Record<string, Float32Array> = { ...(await mix.examples?.(ids, step)) }
      for (const [place, running] of terms) {
        const own = (await running.examples?.(ids, step && ownStep(step, place))) ?? {}
        for (const [name, column] of Object.entries(own)) {
          values[name in values ? `${name}${place + 1}` : name] = column
        }
      }
      return values
    },
    dispose() {
      mix.dispose?.()
      for (const running of runnings) running.dispose?.()
    },
  }
}

/** What each term gives by name, under names that begin with the term's place. */
function ofAllTerms<Value>(
  runnings: readonly RunningMethod[],
  give: (running: RunningMethod) => Readonly<Record<string, Value>> | undefined,
): Record<string, Value> {
  return Object.fromEntries(
    runnings.flatMap((running, place) => Object.entries(withPrefix(prefixOf(place), give(running) ?? {}))),
  )
}

function withPrefix<Value>(prefix: string, values: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]))
}

function withoutPrefix<Value>(
  prefix: string,
  values: Readonly<Record<string, Value>>,
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  )
}
