/** The run that `kd init` writes. Its setting was chosen on the validation split; docs/results.md has what it gives on test. */
export const kdYaml = `# yaml-language-server: $schema=https://unpkg.com/@kd/cli/schema/kd-config.schema.json
# A run of kd: kd distill. Any value can be changed on the command line: kd distill training.epochs=5

# kd list datasets shows the others. Images of your own: { name: image-folder, path: ./images, size: 32 }
dataset:
  name: digits
  # Held out from training; chooses the epoch whose student is saved.
  validation: 0.3

# Who teaches: a larger model that is trained first by a recipe, as here, or
#   - { run: runs/earlier-run }                       the student of an earlier run
#   - { model: { name: mlp }, weights: teacher.safetensors }
teachers:
  - model: { name: small-cnn }
    training:
      epochs: 15
      optimizer: { name: adam }
      learningRate: { schedule: cosine, initial: 0.003 }

# Who learns: kd list models
student:
  model: { name: mlp, hiddenUnits: [32] }
  # It has a hundred of the images, its teacher all: with few examples a teacher helps most.
  take: 100

# How: kd list methods
method:
  name: vanilla-kd
  temperature: 4

training:
  epochs: 100
  batchSize: 32
  optimizer: { name: adam }
  learningRate: { schedule: cosine, initial: 0.01 }

# The same student is trained with its labels alone as well: what is the teacher good for?
baseline: true

# Another seed, another run: initial weights and order of the examples.
seed: 0
`

/** The comparison that it writes beside the run. */
export const compareYaml = `# yaml-language-server: $schema=https://unpkg.com/@kd/cli/schema/kd-comparison.schema.json
# Is it more than chance? Methods against each other over five seeds, with tests: kd compare
base: ./kd.yaml

methods:
  student alone: { name: label-loss }
  KD: { name: vanilla-kd, temperature: 4 }
  # The teacher counts more on examples that are hard for it and for the student.
  WSL: { name: weighted-soft-labels, temperature: 4 }

# Any key of kd.yaml can be an axis; choose its value by the figures of the validation split, not of test:
# axes:
#   method.temperature: [2, 4, 8]
seeds: 5

# What differences are taken to.
baseline: student alone
`
