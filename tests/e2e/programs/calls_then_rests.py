"""As many_calls.py, and then rests for 3 s. Prints the CPU time of the rest, and how many lines spans.jsonl has."""

import pathlib
import resource
import runpy
import time


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


runpy.run_path(str(pathlib.Path(__file__).with_name("many_calls.py")))
before = cpu_seconds()
time.sleep(3)
print(cpu_seconds() - before)
print(len(open("spans.jsonl").readlines()))
