"""What both benchmarks share: rounds, medians, and the machine that the figures come from."""

import json
import os
import platform
import statistics
import subprocess


def machine():
    """Name of the processor and what runs on it."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        name = names[0] if names else name
    except OSError:
        pass  # not Linux: the platform's own name stays
    return {"cpu": name, "cores": os.cpu_count(), "system": f"{platform.system()} {platform.machine()}"}


def summary(values):
    """Median and spread of one figure over the rounds."""
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values), "rounds": len(values)}


def lightbox_bench(program, path, *options):
    """The JSON object that `lightbox bench` prints for one file or folder."""
    command = [program, "bench", path, "--json", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def written(path, report):
    """Writes the report and says where."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=2)
        file.write("\n")
    print(f"\n{report['machine']['cpu']}, {report['machine']['cores']} cores. Report: {path}")
