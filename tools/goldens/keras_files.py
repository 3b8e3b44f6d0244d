"""Golden `.keras` and `.h5` files of @kd/models, saved by Keras 3 itself, with the logits that Keras computes from them.

    python3 -m venv venv && venv/bin/pip install 'keras==3.*' jax h5py
    KERAS_BACKEND=jax venv/bin/python tools/goldens/keras_files.py
"""

import base64
import json
import os
import pathlib
import tempfile

os.environ.setdefault('KERAS_BACKEND', 'jax')

import keras
import numpy as np
from keras import layers

OUT = pathlib.Path(__file__).resolve().parents[2] / 'packages' / 'models' / 'src' / 'keras' / 'keras-files.golden.json'


def residual():
    """A small residual network whose layers have names of their own, and a block that changes the shape."""
    inputs = keras.Input((8, 8, 3), name='image')
    x = layers.Conv2D(8, 3, padding='same', use_bias=False, name='first')(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    for filters, strides in ((8, 1), (12, 2)):
        y = layers.Conv2D(filters, 3, strides, padding='same', use_bias=False)(x)
        y = layers.BatchNormalization()(y)
        y = layers.Activation('silu')(y)
        y = layers.Conv2D(filters, 3, padding='same')(y)
        if strides > 1:
            x = layers.Conv2D(filters, 1, strides)(x)
        x = layers.ReLU()(layers.Add()([x, y]))
    pooled = layers.Concatenate()([layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)])
    return keras.Model(inputs, layers.Dense(5, name='classes')(layers.Dropout(0.2)(pooled)), name='residual')


def sequential():
    """Layers in a row, among them a model within the model, with a softmax at the end."""
    head = keras.Sequential([keras.Input((12,)), layers.Dense(9, activation='gelu'), layers.LayerNormalization()], name='inner')
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(0.5, offset=-0.1),
            layers.SeparableConv2D(10, 3, activation='gelu'),
            layers.LayerNormalization(),
            layers.AveragePooling2D(2),
            layers.Conv2D(4, 2, strides=2, activation='swish'),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Flatten(),
            layers.Dense(12, activation='tanh'),
            head,
            layers.Dense(5, activation='softmax'),
        ],
        name='row',
    )


def mobilenet():
    """MobileNetV2's blocks, narrow: expansion, depthwise convolution behind explicit padding, projection, shortcut."""
    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(6, 3, strides=2, padding='same', use_bias=False, name='Conv1')(inputs)
    x = layers.ReLU(6.0, name='Conv1_relu')(layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name='bn_Conv1')(x))
    for block, (filters, strides) in enumerate(((6, 1), (8, 2))):
        prefix = f'block_{block}_'
        y = layers.Conv2D(4 * x.shape[-1], 1, use_bias=False, name=prefix + 'expand')(x)
        y = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3, name=prefix + 'expand_BN')(y))
        if strides == 2:
            y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
        y = layers.DepthwiseConv2D(3, strides, padding='valid' if strides == 2 else 'same', use_bias=False)(y)
        y = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3)(y))
        y = layers.Conv2D(filters, 1, use_bias=False, name=prefix + 'project')(y)
        y = layers.BatchNormalization(epsilon=1e-3)(y)
        x = layers.Add(name=prefix + 'add')([x, y]) if x.shape == y.shape else y
    x = layers.Dense(5, name='predictions')(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, x, name='mobilenetv2_narrow')


def recurrent():
    """A text classifier: numbers of words, both directions."""
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Embedding(11, 7),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.GRU(3, reset_after=False),
            layers.Dense(4),
        ],
        name='text',
    )


def nested():
    """Models within a model, one of them called twice."""
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, layers.Add()([layers.Dense(4, activation='relu')(inner_input), inner_input]), name='inner_graph')
    row = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name='inner_row')
    inputs = keras.Input((4,))
    once = inner(inputs)
    return keras.Model(inputs, row(layers.Multiply()([inner(once), once])), name='nested')


def normalized():
    """A layer that TensorFlow.js does not have."""
    return keras.Sequential(
        [keras.Input((4,)), layers.Normalization(mean=1.0, variance=2.0, name='scale'), layers.Dense(2)], name='normalized'
    )


def randomized(model, random):
    """Weights of order one, running statistics too, and of the layers that Keras leaves at zero."""
    for weight in model.weights:
        shape = tuple(weight.shape)
        spread = 1 / np.sqrt(max(1, np.prod(shape[:-1]))) if len(shape) > 1 else 0.3
        values = random.normal(size=shape) * spread
        one = weight.name in ('gamma', 'moving_variance')
        weight.assign(np.abs(1 + values) if one else values)
    return model


def saved(model, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f'model{suffix}'
        model.save(path)
        return base64.b64encode(path.read_bytes()).decode()


def case(model, suffix, random):
    shape = (2, *model.input_shape[1:])
    inputs = random.integers(0, 11, shape) if model.name == 'text' else random.normal(size=shape)
    inputs = inputs.astype(np.float32)
    logits = np.asarray(model(inputs, training=False), dtype=np.float64)
    return {
        'name': model.name + suffix,
        'file': saved(model, suffix),
        'shape': list(shape),
        'inputs': inputs.reshape(-1).tolist(),
        'outputs': logits.tolist(),
    }


def main():
    random = np.random.default_rng(15)
    models = [randomized(make(), random) for make in (residual, sequential, mobilenet, recurrent, nested)]
    cases = [case(model, '.keras', random) for model in models]
    cases += [case(model, '.h5', random) for model in models[:2]]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps(
            {
                'source': f'tools/goldens/keras_files.py, Keras {keras.__version__} on {keras.backend.backend()}',
                'cases': cases,
                'unknownLayer': saved(randomized(normalized(), random), '.keras'),
            }
        )
        + '\n'
    )
    for entry in cases:
        print(entry['name'], len(entry['file']) * 3 // 4)


main()
