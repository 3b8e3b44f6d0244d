"""Small Parquet files as pyarrow writes them: each encoding and compression, nulls, lists, two groups of rows.

Needs `pip install pyarrow`.
"""

import base64
import io
import json
import pathlib
import random

import pyarrow as pa
import pyarrow.parquet as pq

PATH = pathlib.Path(__file__).resolve().parents[2] / 'packages/datasets/src/table/parse-parquet.golden.json'

random.seed(1)
N = 40
columns = {
    'length': pa.array([round(random.random() * 9, 3) for _ in range(N)], pa.float64()),
    'width': pa.array([None if i % 7 == 3 else (i % 5) / 4 for i in range(N)], pa.float32()),
    'count': pa.array([i * i - 3 * (i % 4) for i in range(N)], pa.int32()),
    'wide': pa.array([2**40 + i * (-1) ** i for i in range(N)], pa.int64()),
    'wild': pa.array([i // 9 % 2 == 0 for i in range(N)]),
    'name': pa.array([f'iris number {i // 3}' for i in range(N)]),
    'kind': pa.array([['setosa', 'versicolor', 'virginica'][i // 5 % 3] for i in range(N)]),
    'parts': pa.array([list(range(i % 4)) for i in range(N)], pa.list_(pa.int32())),
}
table = pa.table(columns)
delta = {
    'length': 'BYTE_STREAM_SPLIT',
    'width': 'BYTE_STREAM_SPLIT',
    'count': 'DELTA_BINARY_PACKED',
    'wide': 'DELTA_BINARY_PACKED',
    'wild': 'RLE',
    'name': 'DELTA_BYTE_ARRAY',
    'kind': 'DELTA_LENGTH_BYTE_ARRAY',
}
options = {
    'plain': {'compression': 'none', 'use_dictionary': False},
    'dictionary': {'compression': 'none', 'row_group_size': 25},
    'delta': {'compression': 'none', 'use_dictionary': False, 'column_encoding': delta, 'data_page_version': '2.0'},
    'snappy': {'compression': 'snappy', 'data_page_version': '2.0'},
    'gzip': {'compression': 'gzip', 'use_dictionary': False, 'column_encoding': delta},
    'zstd': {'compression': 'zstd'},
    'brotli': {'compression': 'brotli', 'use_dictionary': False, 'column_encoding': delta, 'data_page_version': '2.0'},
    'lz4': {'compression': 'lz4'},
}


def written(**how):
    file = io.BytesIO()
    pq.write_table(table, file, store_schema=False, write_statistics=False, **how)
    return base64.b64encode(file.getvalue()).decode()


golden = {
    'source': f'tools/goldens/parquet_files.py, pyarrow {pa.__version__}',
    'columns': list(columns),
    'rows': [list(row.values()) for row in table.to_pylist()],
    'files': {name: written(**how) for name, how in options.items()},
}
PATH.write_text(json.dumps(golden) + '\n')
