/** Names of weights in TensorFlow.js and in PyTorch. */
export const pytorchWeightNames: Readonly<Record<string, string>> = {
  kernel: 'weight',
  depthwise_kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
}

/** Returns the PyTorch module that stands for one of our layers. */
export type ModuleName = (layer: string) => string | undefined

/** How a family of this package is recognised, and what its layers are called in PyTorch. */
interface Family {
  /** A layer with weights that no other family has. */
  readonly layer: string
  readonly moduleName: ModuleName
}

const stemAndHead: Readonly<Record<string, string>> = {
  stem_conv: 'conv1',
  stem_bn: 'bn1',
  head_conv: 'conv2',
  head_bn: 'bn2',
  logits: 'linear',
}

/** Names of akamaster/pytorch_resnet_cifar10 and of RepDistiller's ShuffleNets. */
const stagedModule: ModuleName = (layer) => {
  const [, stage, block, part] = /^stage(\d)_block(\d+)_(\w+)$/.exec(layer) ?? []
  if (part === undefined) return stemAndHead[layer]
  const place = { shortcut_conv: 'shortcut.0', shortcut_bn: 'shortcut.1' }[part] ?? part
  return `layer${stage}.${Number(block) - 1}.${place}`
}

/** Names of RepDistiller's and xternalz's wide ResNets. */
const wideResnetModule: ModuleName = (layer) => {
  const fixed: Readonly<Record<string, string>> = { stem: 'conv1', head_bn: 'bn1', logits: 'fc' }
  const [, stage, block, part] = /^stage(\d)_block(\d+)_(\w+)$/.exec(layer) ?? []
  if (part === undefined) return fixed[layer]
  return `block${stage}.layer.${Number(block) - 1}.${part === 'shortcut_conv' ? 'convShortcut' : part}`
}

/** Names of RepDistiller's VGG. */
const vggModule: ModuleName = (layer) => {
  const [, stage, kind, number] = /^stage(\d)_(conv|bn)(\d)$/.exec(layer) ?? []
  if (number === undefined) return layer === 'logits' ? 'classifier' : undefined
  return `block${Number(stage) - 1}.${3 * (Number(number) - 1) + (kind === 'bn' ? 1 : 0)}`
}

/** How many blocks each group of RepDistiller's MobileNetV2 has. */
const mobilenetGroups = [1, 2, 3, 4, 3, 3, 1]

/** Names of RepDistiller's MobileNetV2. */
const mobilenetModule: ModuleName = (layer) => {
  const fixed: Readonly<Record<string, string>> = {
    stem_conv: 'conv1.0',
    stem_bn: 'conv1.1',
    head_conv: 'conv2.0',
    head_bn: 'conv2.1',
    logits: 'classifier.0',
  }
  const [, number, kind, place] = /^block(\d+)_(conv|bn)(\d)$/.exec(layer) ?? []
  if (place === undefined) return fixed[layer]
  let block = Number(number) - 1
  let group = 0
  while (block >= mobilenetGroups[group]!) block -= mobilenetGroups[group++]!
  return `blocks.${group}.${block}.conv.${3 * (Number(place) - 1) + (kind === 'bn' ? 1 : 0)}`
}

const families: readonly Family[] = [
  { layer: 'stem', moduleName: wideResnetModule },
  { layer: 'stage1_conv1', moduleName: vggModule },
  { layer: 'block17_conv1', moduleName: mobilenetModule },
  { layer: 'stage1_block1_conv1', moduleName: stagedModule },
  // The first convolution of a ShuffleNetV1 is in groups.
  { layer: 'stage1_block1_conv1_group1', moduleName: stagedModule },
]

/**
 * Finds out how the layers of a model of this package are called in PyTorch.
 *
 * @param layers - names of its layers that have weights
 * @returns the PyTorch module of a layer, or undefined for a model of another kind
 */
export function pytorchModuleName(layers: ReadonlySet<string>): ModuleName | undefined {
  return families.find(({ layer }) => layers.has(layer))?.moduleName
}

/** Other names for the same places, such as those of torchvision and timm. */
const synonyms: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /^(linear|fc|classifier|head|head\.fc|classifier\.0|classifier\.1)(?=\.(weight|bias)$)/,
    ['linear', 'fc', 'classifier', 'classifier.0'],
  ],
  [/(?<=\.)(shortcut|downsample)(?=\.[01]\.)/, ['shortcut']],
]

/**
 * Brings the names of a file to those that a model wants: prefixes that all of them share (`module.`, `model.`, `_orig_mod.`) are
 * taken off, and the classifier and shortcuts get the names of the model.
 *
 * @param names - of the file
 * @param wanted - of the model
 * @returns the new name of each
 */
export function adaptedNames(
  names: readonly string[],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  let prefix = ''
  for (;;) {
    const [first] = (names[0]?.slice(prefix.length) ?? '').split('.')
    const longer = `${prefix}${first}.`
    const isShared = names.every((name) => name.startsWith(longer))
    if (!isShared || [...wanted].some((name) => name.startsWith(`${first}.`))) break
    prefix = longer
  }
  return new Map(names.map((name) => [name, synonymOf(name.slice(prefix.length), wanted)]))
}

function synonymOf(name: string, wanted: ReadonlySet<string>): string {
  for (const [pattern, others] of synonyms) {
    if (wanted.has(name)) return name
    const found = others.map((other) => name.replace(pattern, other)).find((other) => wanted.has(other))
    if (found !== undefined) return found
  }
  return name
}
