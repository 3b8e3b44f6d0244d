"""A TensorBoard event file as TensorBoard's own classes write it. Needs `pip install tensorboard==2.21.0` beside what the others need."""

import base64
import json
import struct
import tempfile
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.summary.writer.record_writer import RecordWriter

EVENTS = [
    {'wallTime': 1700000000.5, 'step': 0, 'scalars': {'train/loss': 2.302585, 'validation/top1': 0.125}},
    {
        'wallTime': 1700000060.25,
        'step': 300,
        'scalars': {'train/loss': 1.5},
        'histograms': {
            'weights': {
                'min': -1.0,
                'max': 0.75,
                'count': 4.0,
                'sum': -0.5,
                'sumOfSquares': 1.625,
                'limits': [-0.25, 0.1, 0.75],
                'counts': [1.0, 2.0, 1.0],
            },
        },
    },
    {'wallTime': 1700000120.0, 'step': 2**40, 'scalars': {'Größe': -1e-20}},
]


def histogram(tag, of):
    proto = HistogramProto(
        min=of['min'],
        max=of['max'],
        num=of['count'],
        sum=of['sum'],
        sum_squares=of['sumOfSquares'],
        bucket_limit=of['limits'],
        bucket=of['counts'],
    )
    return Summary.Value(tag=tag, histo=proto)


messages = [Event(wall_time=1700000000.0, file_version='brain.Event:2')]
for event in EVENTS:
    values = [Summary.Value(tag=tag, simple_value=value) for tag, value in event['scalars'].items()]
    values += [histogram(tag, of) for tag, of in event.get('histograms', {}).items()]
    messages.append(Event(wall_time=event['wallTime'], step=event['step'], summary=Summary(value=values)))

with tempfile.NamedTemporaryFile() as file:
    writer = RecordWriter(open(file.name, 'wb'))
    for message in messages:
        # A step of 0 is the default and left out by proto3; set fields are written in the order of their numbers.
        writer.write(message.SerializeToString())
    writer.close()
    content = Path(file.name).read_bytes()

for event in EVENTS:
    event['scalars'] = {tag: struct.unpack('f', struct.pack('f', value))[0] for tag, value in event['scalars'].items()}
target = Path(__file__).parents[2] / 'packages/report/src/event-file/event-file.golden.json'
golden = {'wallTime': 1700000000, 'events': EVENTS, 'file': base64.b64encode(content).decode()}
target.write_text(json.dumps(golden, indent=2, ensure_ascii=False) + '\n')
