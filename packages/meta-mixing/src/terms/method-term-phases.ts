import { InvalidArgumentError, phaseName, type Phase, type RunningMethod, type Step } from '@kd/core'

/** A method that runs as a term of a mix. */
export interface RunningTerm {
  readonly running: RunningMethod
  /** Stands before the names of its phases and variables. */
  readonly prefix: string
  /** The step as the method sees it. */
  readonly toOwn: (step: Step) => Step
}

/** The phases of all terms but the student's, which is the mix's. */
export interface TermPhases {
  /** Those that come before the student's. */
  readonly before: readonly Phase[]
  /** Variables of the terms that the student's phase trains. */
  readonly student: readonly string[]
  /** Those that come after the student's. */
  readonly after: readonly Phase[]
}

/**
 * The phase in which the student learns from a term.
 *
 * @param name - of the method
 * @param running - the method in a run
 * @param functionName - the mix's factory, for the message
 * @returns the phase
 * @throws {@link InvalidArgumentError} where there is not exactly one, or it has an optimizer or a learning rate of its own
 */
export function studentPhaseOf(name: string, { phases }: RunningMethod, functionName: string): Phase {
  const ofStudent = phases.filter(({ learner }) => learner === 'student')
  const [phase] = ofStudent
  if (phase === undefined || ofStudent.length > 1) {
    throw new InvalidArgumentError(
      `${functionName}: terms must have one phase of the student, got ${ofStudent.length} of ${name}`,
    )
  }
  if (phase.optimizer !== undefined || phase.learningRate !== undefined) {
    throw new InvalidArgumentError(
      `${functionName}: terms must leave the student's optimizer and learning rate to the run, got ${name}`,
    )
  }
  return phase
}

/**
 * Puts the phases of all terms in one order. Each goes on to train the variables that it would train alone.
 *
 * @param terms - in the order of the mix
 * @returns see {@link TermPhases}
 */
export function methodTermPhases(terms: readonly RunningTerm[]): TermPhases {
  const all = terms.map((term) => {
    const phases = ownPhases(term)
    const at = phases.findIndex(({ learner }) => learner === 'student')
    return { before: phases.slice(0, at), student: phases[at]!, after: phases.slice(at + 1) }
  })
  return {
    before: all.flatMap(({ before }) => before),
    student: all.flatMap(({ student }) => student.variables ?? []),
    after: all.flatMap(({ after }) => after),
  }
}

/** The phases of one term with every variable named that they train, by the rule of {@link Phase}. */
function ownPhases({ running, prefix, toOwn }: RunningTerm): Phase[] {
  const { phases, variables = {} } = running
  const named = new Set(phases.flatMap((phase) => phase.variables ?? []))
  const others = Object.keys(variables).filter((name) => !named.has(name))
  const taker =
    phases.find(({ learner, variables }) => learner === 'method' && variables === undefined) ??
    phases.find(({ learner }) => learner === 'student')
  return phases.map((phase) => ({
    ...phase,
    name: `${prefix}${phaseName(phase)}`,
    loss: (step) => phase.loss(toOwn(step)),
    variables: [...(phase.variables ?? []), ...(phase === taker ? others : [])].map(
      (name) => `${prefix}${name}`,
    ),
  }))
}
