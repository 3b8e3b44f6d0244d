"""Logits as NumPy, safetensors and pyarrow write them, in the forms that docs/teachers.md shows.

    pip install numpy safetensors pyarrow
    python3 tools/goldens/kept_logits.py
"""

import base64
import io
import json
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import save

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / 'packages'

logits = np.random.default_rng(15).normal(size=(5, 3)).astype(np.float16).astype(np.float32)
ids = np.array([7, 3, 0, 12, 5], dtype=np.int64)


def text(data):
    return base64.b64encode(data).decode()


def npy(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return text(buffer.getvalue())


def parquet(columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return text(buffer.getvalue())


def write(path, files):
    content = {'source': 'tools/goldens/kept_logits.py', 'logits': logits.tolist(), 'ids': ids.tolist(), 'files': files}
    (PACKAGES / path).write_text(json.dumps(content) + '\n')


write(
    'models/src/kept-logits/kept-logits.golden.json',
    {
        'npy': npy(logits),
        'npyDouble': npy(logits.astype(np.float64)),
        'npyHalf': npy(logits.astype(np.float16)),
        'npyFortran': npy(np.asfortranarray(logits)),
        'npyBigEndian': npy(logits.astype('>f4')),
        'npyObjects': npy(logits.astype(object), allow_pickle=True),
        'npyIntegers': npy(ids),
        'safetensors': text(save({'logits': logits, 'ids': ids})),
        'safetensorsHalf': text(save({'logits': logits.astype(np.float16)})),
    },
)
fixed = pa.FixedSizeListArray.from_arrays(pa.array(logits.reshape(-1)), 3)
write(
    'datasets/src/table/parquet-logit-table.golden.json',
    {
        'list': parquet({'id': ids, 'logits': pa.array(logits.tolist(), pa.list_(pa.float32()))}),
        'fixedSizeList': parquet({'row': ids, 'logits': fixed}),
        'columns': parquet({'id': ids, **{f'class{i}': logits[:, i] for i in range(3)}}),
        'ragged': parquet({'logits': pa.array([[1.0, 2.0], [1.0]], pa.list_(pa.float32()))}),
        'names': parquet({'id': ['a', 'b'], 'logits': pa.array([[1.0], [2.0]], pa.list_(pa.float32()))}),
    },
)
