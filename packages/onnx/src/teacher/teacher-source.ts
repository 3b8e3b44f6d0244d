import { InvalidArgumentError } from '@kd/core'
import { withOutputs } from '../file/with-outputs.js'
import { createSession, type OnnxRuntime, type OnnxSession } from '../runtime.js'
import { featureTensors } from './feature-tensors.js'
import type { OnnxTeacherOptions } from './teacher-options.js'

/** What the teacher reads from, whether it was given a file or a session. */
export interface TeacherSource {
  readonly session: OnnxSession
  readonly logits: string
  readonly features: ReadonlyMap<string, string>
  /** The session that gives some tensors: the given one, or one of its own. */
  sessionWith(tensors: readonly string[]): Promise<OnnxSession>
  dispose(): void
}

/** Reads a file, and makes a session for each set of tensors that is asked for. */
export async function fileSource(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  options: OnnxTeacherOptions,
): Promise<TeacherSource> {
  const { description, features: found } = await featureTensors(runtime, bytes, 'onnxTeacher')
  const known = new Set([...description.tensors, ...description.outputs.map(({ name }) => name)])
  const features = new Map([...found, ...Object.entries(options.features ?? {})])
  const logits =
    options.logits ??
    (options.probabilities === true ? undefined : description.beforeSoftmax) ??
    description.outputs[0]?.name
  for (const tensor of [logits, ...Object.values(options.features ?? {})]) {
    if (tensor === undefined || !known.has(tensor)) {
      throw new InvalidArgumentError(`onnxTeacher: tensor must be one of the graph, got ${String(tensor)}`, {
        hint: `some of them: ${[...known].slice(-40).join(', ')}`,
      })
    }
  }
  const outputs = new Set(description.outputs.map(({ name }) => name))
  const sessions = new Map<string, Promise<OnnxSession>>()
  const sessionWith = (tensors: readonly string[]): Promise<OnnxSession> => {
    const inner = [...new Set(tensors)].filter((tensor) => !outputs.has(tensor)).sort()
    const key = inner.join('\n')
    const made =
      sessions.get(key) ??
      createSession(runtime, withOutputs(bytes, inner), options.threads ?? 1, 'onnxTeacher')
    sessions.set(key, made)
    return made
  }
  return {
    session: await sessionWith([logits!]),
    logits: logits!,
    features,
    sessionWith,
    dispose: () => {
      for (const session of sessions.values()) void session.then((made) => made.release?.())
      sessions.clear()
    },
  }
}

/** Takes a session, which shows its outputs alone. */
export function sessionSource(session: OnnxSession, options: OnnxTeacherOptions): TeacherSource {
  const logits = options.logits ?? session.outputNames[0]!
  const own = session.outputNames.map((name) => [name, name] as const)
  const features = new Map([...own, ...Object.entries(options.features ?? {})])
  for (const tensor of [logits, ...features.values()]) {
    if (!session.outputNames.includes(tensor)) {
      throw new InvalidArgumentError(`onnxTeacher: tensor must be an output of the session, got ${tensor}`, {
        hint: `its outputs: ${session.outputNames.join(', ')}; give the file's bytes to reach inner tensors`,
      })
    }
  }
  return { session, logits, features, sessionWith: () => Promise.resolve(session), dispose: () => undefined }
}
