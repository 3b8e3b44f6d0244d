"""Prints the scalars of a folder of event files as TensorBoard reads them: {tag: [[wall time, step, value], ...]}."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1]).Reload()
found = {
    tag: [[event.wall_time, event.step, event.value] for event in events.Scalars(tag)]
    for tag in events.Tags()["scalars"]
}
print(json.dumps(found))
