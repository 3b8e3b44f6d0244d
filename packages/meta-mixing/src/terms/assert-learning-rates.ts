import { InvalidArgumentError, type EpochContext } from '@kd/core'

/**
 * Checks before the first epoch what would end the run in a later one: an update looks one training step ahead, and with a
 * learning rate of 0 there is nothing to see.
 *
 * @param context - of the epoch about to start
 * @param isUpdate - whether there is an update before an epoch
 * @param functionName - for the message
 * @throws {@link InvalidArgumentError} naming the first epoch from this one on that has an update and no learning rate
 */
export function assertLearningRates(
  { epoch: first, epochs, learningRateOf }: EpochContext,
  isUpdate: (epoch: number) => boolean,
  functionName: string,
): void {
  for (let epoch = first; epoch < epochs; epoch++) {
    const learningRate = learningRateOf(epoch)
    if (!isUpdate(epoch) || learningRate > 0) continue
    throw new InvalidArgumentError(
      `${functionName}: learningRate must be > 0 at an update, got ${learningRate} in epoch ${epoch}`,
      { hint: 'the update looks one training step ahead: let the schedule end above 0' },
    )
  }
}
