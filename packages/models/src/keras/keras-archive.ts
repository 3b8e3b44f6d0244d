import { KdError } from '@kd/core'
import { unzipSync } from 'fflate'

/** The files of a `.keras` archive that a model is made from. */
const wanted: readonly string[] = ['config.json', 'model.weights.h5']
/** How many bytes a byte of an archive may become, above what every archive may have. Keras itself does not compress. */
const LARGEST_GROWTH = 20
const ALWAYS_ALLOWED = 16 * 2 ** 20

/** What a `.keras` archive holds. */
export interface KerasArchive {
  /** The configuration, parsed. */
  readonly config: unknown
  /** The weights, an HDF5 file. */
  readonly weights: Uint8Array
}

/**
 * Unpacks a `.keras` archive, as far as a model needs it. The sizes that the archive claims are checked before something is
 * unpacked, and nothing larger than they say is made.
 *
 * @param bytes - the whole file
 * @param functionName - the function that was called, for messages
 * @throws {@link KdError} when it is no archive, lacks a file, or would become absurdly large
 */
export function openKerasArchive(bytes: Uint8Array, functionName: string): KerasArchive {
  let left = Math.max(ALWAYS_ALLOWED, LARGEST_GROWTH * bytes.length)
  let files: Record<string, Uint8Array>
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!wanted.includes(name)) return false
        left -= originalSize
        if (left >= 0) return true
        throw new KdError(
          `${functionName}: file of ${bytes.length} bytes must not unpack to more than ${LARGEST_GROWTH} times as many, got ${originalSize} bytes of ${name}`,
          { hint: 'Keras does not compress its archives: this is none of Keras, or a bomb' },
        )
      },
    })
  } catch (cause) {
    if (KdError.isInstance(cause)) throw cause
    throw new KdError(
      `${functionName}: file must be a whole .keras archive, got: ${(cause as Error).message.slice(0, 200)}`,
      { hint: 'the file is truncated or damaged: save it again', cause },
    )
  }
  const [json, weights] = wanted.map((name) => (Object.hasOwn(files, name) ? files[name] : undefined))
  if (json === undefined || weights === undefined) {
    throw new KdError(
      `${functionName}: file must hold ${wanted.join(' and ')}, got an archive without ${json === undefined ? wanted[0] : wanted[1]}`,
      { hint: 'save the model with model.save("model.keras") of Keras 3' },
    )
  }
  return { config: parseConfig(new TextDecoder().decode(json), functionName), weights }
}

/** Parses a configuration; an error says that it is none. */
export function parseConfig(text: string, functionName: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KdError(
      `${functionName}: the model's configuration must be JSON, got ${text.length} other characters`,
      {
        cause,
      },
    )
  }
}
