import type { Config } from '../../config/config-schema.js'

/** Of methods that have no temperature of their own: the one that this toolkit's methods have unless told otherwise. */
const TEMPERATURE = 4

/** What of a method is needed to see what it makes of single examples. */
export interface MeasuredMethod {
  /** Of vanilla distillation, by which regularization samples are counted. */
  readonly temperature: number
  /** Of Label Revision, where the method has it. */
  readonly revision?: {
    readonly eta?: number
    readonly scope?: 'wrong-only' | 'all'
    /** At which it revises. */
    readonly temperature: number
  }
  /** Of Weighted Soft Labels, if it is the method. */
  readonly weighing?: { readonly epsilon?: number }
}

/** What the method of a config does to single examples. */
export function measuredMethod({ method }: Config): MeasuredMethod {
  const { name, ...options } = method as { name: string } & Record<string, unknown>
  const { temperature = TEMPERATURE, epsilon } = options as { temperature?: number; epsilon?: number }
  const isRevision = name === 'label-revision'
  const revision = (isRevision ? options : options['reviseTeacher']) as MeasuredMethod['revision']
  return {
    temperature,
    ...(revision && {
      revision: {
        ...(revision.eta !== undefined && { eta: revision.eta }),
        ...(revision.scope !== undefined && { scope: revision.scope }),
        // The form with squared errors has none: it revises the soft labels as they are.
        temperature: isRevision && options['loss'] !== 'kl' ? 1 : temperature,
      },
    }),
    ...(name === 'weighted-soft-labels' && { weighing: { ...(epsilon !== undefined && { epsilon }) } }),
  }
}
