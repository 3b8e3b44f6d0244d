import type { Dataset } from '../dataset/dataset.js'
import { disposeMethod, startMethod, type RunningMethod } from '../method/method.js'
import type { ModelInput } from '../model/model.js'
import { randomSource, type RandomSource } from '../random/random-source.js'
import { checkParts, type CheckedRun } from './check-parts.js'
import { classWeightsOf, weighClasses } from './class-weights.js'
import { DEFAULT_BATCH_SIZE, type DistillationOptions } from './distillation-options.js'

/**
 * Checks that the parts of a run fit each other, before anything is spent: numbers, shapes of inputs and outputs, names of
 * layers, what the method needs of data and teachers, and what it checks when it starts, such as the shapes of features. Student and teachers are asked about one example. `distill` does the same when it
 * begins. If you train teachers first, call this before, with the untrained ones.
 *
 * @param options - of `distill`
 * @returns what was found out on the way
 * @throws `InvalidArgumentError` or `ShapeError` that names what does not fit
 */
export async function checkRun(options: DistillationOptions<ModelInput>): Promise<CheckedRun> {
  const checked = await checkParts(options)
  disposeMethod(startRunMethod(options, checked, randomSource(options.seed ?? 0)))
  return checked
}

/**
 * Starts the method of a run.
 *
 * @param options - of `distill`
 * @param checked - the parts of the run
 * @param random - the source of all random numbers of the run
 * @returns the method in that run; the caller frees it
 */
export function startRunMethod(
  { dataset, method, batchSize = DEFAULT_BATCH_SIZE, epochs, classWeights }: DistillationOptions<ModelInput>,
  { task, shapes }: CheckedRun,
  random: RandomSource,
): RunningMethod {
  // Before the method has made anything that would have to be freed.
  const weights = classWeights && classWeightsOf(classWeights, dataset, task)
  const running = startMethod(method, {
    task,
    student: shapes.student,
    teachers: shapes.teachers,
    batchSize,
    epochs,
    train: dataset.train as Dataset['train'],
    random: random.split('method'),
  })
  return weights === undefined ? running : weighClasses(running, weights)
}
