"""Prints what TensorBoard reads of a folder of event files: scalars as {tag: [[wall time, step, value], ...]}, and histograms."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

# 0: keep every event, where a sample is the default.
events = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'histograms': 0}).Reload()
scalars = {
    tag: [[event.wall_time, event.step, event.value] for event in events.Scalars(tag)]
    for tag in events.Tags()['scalars']
}
histograms = {
    tag: [
        {
            'step': event.step,
            'min': event.histogram_value.min,
            'max': event.histogram_value.max,
            'limits': list(event.histogram_value.bucket_limit),
            'counts': list(event.histogram_value.bucket),
        }
        for event in events.Histograms(tag)
    ]
    for tag in events.Tags()['histograms']
}
print(json.dumps({'scalars': scalars, 'histograms': histograms}))
