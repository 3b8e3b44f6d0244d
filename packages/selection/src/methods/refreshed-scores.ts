import {
  choice,
  count,
  InvalidArgumentError,
  KdError,
  option,
  positive,
  unitedNeeds,
  wrapMethod,
  type EpochContext,
  type Method,
  type Needs,
  type OptionsInput,
  type OptionsOutput,
  type RunningMethod,
} from '@kd/core'
import * as tf from '@tensorflow/tfjs-core'
import * as z from 'zod/mini'
import { DEFAULT_DAMPING } from '../last-layer/prepare-last-layer.js'
import { exampleColumns } from './example-columns.js'
import { needsOfScore, scoreNames, scoreTrainingSplit, type ScoreFunction } from './split-scores.js'
import { lookUpById, type ValueOf } from './values-by-id.js'

const score = option(
  z.union([
    z.enum(scoreNames),
    z.custom<ScoreFunction>((value) => typeof value === 'function', 'must be a function'),
  ]),
  'influence',
  'what an example is judged by; in code also a function from the seen splits to a number for each training example',
)
// Only code can give a function: a JSON Schema shows the names.
score._zod.def.innerType._zod.toJSONSchema = () => ({ type: 'string', enum: [...scoreNames] })

/** The options of both methods that score by themselves: when the training split is scored, and by what. */
export const refreshOptions = {
  score,
  model: choice(
    ['teacher', 'student'],
    'teacher',
    "whose predictions and last layer are scored: the first teacher's, or the student's at that time",
  ),
  every: count(0, 'epochs between two times of scoring; 0: once, before the first epoch', 0),
  damping: positive(DEFAULT_DAMPING, "added to the Hessian's diagonal, for influence"),
  seed: option(z.int(), 0, 'for random scores'),
}

/** Options about when the training split is scored, and by what. */
export type RefreshOptions = OptionsInput<typeof refreshOptions>

/** What becomes of the scores. */
export interface ScoreUse {
  /** The function that was called, for messages. */
  readonly functionName: string
  /** The name of the new method. */
  readonly name: string
  /** What the use of the scores needs. */
  readonly needs: Needs
  /** The name of the saved values. */
  readonly stateName: string
  readonly dtype: 'int32' | 'float32'
  /** What logs and reports call the values. */
  readonly column: string
  /** Makes [N] values of [N] scores, both in the order of the training split. */
  readonly valuesOf: (scores: ArrayLike<number>, train: EpochContext['train']) => ArrayLike<number>
  /** Puts the values into the method. */
  readonly change: (inner: RunningMethod, valueOf: ValueOf) => Partial<RunningMethod>
}

/** The name of the saved scores. */
const SCORES = 'selection.scores'

/** What one run knows, by example id; ids that the training split lacks hold 0. */
interface ScoredState {
  readonly values: Float32Array | Int32Array
  /** Absent where a run goes on from a checkpoint without them. */
  readonly scores?: Float32Array
}

/** All options of scoring, with their defaults filled in. */
type FilledOptions = OptionsOutput<typeof refreshOptions>

/**
 * Makes a method that scores the training split by itself and keeps a number per example id.
 *
 * @param method - what it is made from
 * @param options - see {@link refreshOptions}
 * @param use - what becomes of the scores
 * @returns the new method
 */
export function refreshScores(method: Method, options: FilledOptions, use: ScoreUse): Method {
  return wrapMethod(method, {
    name: use.name,
    needs: unitedNeeds(needsOfScore(options), use.needs),
    start: (_, inner) => startScoring(inner, options, use),
  })
}

function startScoring(inner: RunningMethod, options: FilledOptions, use: ScoreUse): Partial<RunningMethod> {
  const { functionName, stateName, dtype, column } = use
  let state: ScoredState | undefined
  const lookUp = (values: ArrayLike<number>): ValueOf =>
    lookUpById(
      values,
      undefined,
      (id) =>
        new KdError(
          `${functionName}: state must have a number for each example, got ${values.length} and the id ${id}`,
          { hint: 'resume with the data that the run was started with' },
        ),
    )
  const valueOf: ValueOf = (id) => {
    if (state !== undefined) return lookUp(state.values)(id)
    throw new KdError(`${functionName}: beforeEpoch must have run before the first step, got no choice`, {
      hint: 'train with distill of @kd/core, which calls it',
    })
  }
  return {
    ...use.change(inner, valueOf),
    async beforeEpoch(context) {
      const { every } = options
      if (state === undefined || (every > 0 && context.epoch % every === 0)) {
        state = await scoreExamples(context, options, use)
      }
      await inner.beforeEpoch?.(context)
    },
    save: () => ({
      ...inner.save?.(),
      ...(state && { [stateName]: tf.tensor1d(state.values, dtype) }),
      ...(state?.scores && { [SCORES]: tf.tensor1d(state.scores) }),
    }),
    load(saved) {
      const { [stateName]: values, [SCORES]: scores, ...rest } = saved
      state = values && {
        values: values.dataSync<'float32' | 'int32'>().slice(),
        ...(scores && { scores: scores.dataSync<'float32'>().slice() }),
      }
      inner.load?.(rest)
    },
    examples: exampleColumns(inner, () => ({
      ...(state?.scores && { selectionScore: lookUp(state.scores) }),
      ...(state && { [column]: lookUp(state.values) }),
    })),
  }
}

async function scoreExamples(
  context: EpochContext,
  options: FilledOptions,
  { functionName, dtype, valuesOf }: ScoreUse,
): Promise<ScoredState> {
  const { idLimit, train } = context
  const scores = await scoreTrainingSplit(context, options, functionName)
  if (scores.length !== train.ids.length) {
    throw new InvalidArgumentError(
      `${functionName}: score must give one number per training example, ${train.ids.length}, got ${scores.length}`,
    )
  }
  const values = dtype === 'int32' ? new Int32Array(idLimit) : new Float32Array(idLimit)
  return {
    values: spreadById(valuesOf(scores, train), train.ids, values),
    scores: spreadById(scores, train.ids, new Float32Array(idLimit)),
  }
}

/** Puts the values of a split's rows into a table by example id. */
function spreadById<Values extends Float32Array | Int32Array>(
  ofRows: ArrayLike<number>,
  ids: Int32Array,
  table: Values,
): Values {
  ids.forEach((id, row) => (table[id] = ofRows[row]!))
  return table
}
