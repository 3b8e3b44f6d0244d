import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeError } from '../../run/folder/write-file-safely.js'
import { commandName } from '../terminal/terminal.js'
import { UsageError } from '../../config/usage-error.js'

/** `kd init [DIR]`: writes a config that works at once. */
export async function initCommand(folder: string): Promise<{ text: string; json: { config: string } }> {
  const path = join(folder, 'kd.yaml')
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(path, starter, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(path, error)
    throw new UsageError(`${path} exists already`, 'kd init overwrites nothing: name another folder')
  }
  return { text: `wrote ${path}\nnext: ${commandName(process.env)} distill ${path}`, json: { config: path } }
}

const starter = `# yaml-language-server: $schema=https://unpkg.com/@kd/cli/schema/kd-config.schema.json
# A run of kd: kd distill kd.yaml. Any value can be changed on the command line: kd distill kd.yaml training.epochs=5

# kd list datasets shows the others. Images of your own: { name: image-folder, path: ./images, size: 32 }
dataset:
  name: digits
  # Held out from training; chooses the epoch whose student is saved.
  validation: 0.1

# Who teaches: a model trained first by a recipe, as here, or
#   - { run: runs/earlier-run }                       the student of an earlier run
#   - { model: { name: mlp }, weights: teacher.safetensors }
teachers:
  - model: { name: mlp, hiddenUnits: [256] }
    training: { epochs: 15 }
    # A teacher that errs, so that the methods have something to mend. Remove it for a good one.
    labelNoise: { kind: symmetric, rate: 0.3 }

# Who learns: kd list models
student:
  model: { name: mlp, hiddenUnits: [16] }

# How: kd list methods
method:
  name: label-revision
  # Vanilla KD from the revised teacher. Without this line: squared errors of logits, which want a lower learning rate.
  loss: kl
  eta: 0.8

training:
  epochs: 20
  batchSize: 64
  optimizer: { name: sgd, momentum: 0.9, weightDecay: 0.0005 }
  learningRate: { schedule: cosine, initial: 0.05 }

# Another seed, another run: initial weights and order of the examples.
seed: 0
`
