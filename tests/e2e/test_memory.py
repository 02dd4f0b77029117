"""Memory goes with the open flows, not with the size of the input."""

import json
import os

import pytest

from helpers import NEEDED, binary, run

#: Runs a command on a file and prints the most memory it held, in KiB. A small process of its own, because what
#: the parent held counts in the child's figure.
MEASURE = """
import os, resource, sys
os.dup2(os.open(sys.argv[1], os.O_RDONLY), 0)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
status = os.spawnv(os.P_WAIT, sys.argv[2], sys.argv[2:])
sys.stderr.write("\\n%d\\n" % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


def peak(path, *args):
    # A sanitizer keeps freed memory for a while; what counts is what the program holds.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    got = run(["/usr/bin/python3", "-S", "-c", MEASURE, path, binary(), *args, "-"],
              env=dict(os.environ, ASAN_OPTIONS=sanitizer)).expect(0)
    return int(got.err.split()[-1])


def values(n, stream):
    return {
        "frame.time_epoch": f"{1700000000 + n // 1000}.{n % 1000:03}000000", "frame.len": str(60 + n % 100),
        "frame.protocols": "eth:ethertype:ip:udp:data", "ip.src": "192.0.2.1", "ip.dst": "192.0.2.2",
        "udp.stream": str(stream), "udp.srcport": str(1024 + stream), "udp.dstport": "9",
    }


def text(kind, packets, streams):
    records = (values(n, n % streams) for n in range(packets))
    if kind == "fields":
        yield "\t".join(NEEDED) + "\n"
        for record in records:
            yield "\t".join(record.get(field, "") for field in NEEDED) + "\n"
    elif kind == "ek":
        for record in records:
            layers = {field.replace(".", "_"): [value] for field, value in record.items()}
            yield '{"index":{"_index":"packets-2023-11-14","_type":"doc"}}\n'
            yield json.dumps({"timestamp": "1700000000000", "layers": layers}) + "\n"
    else:
        for n, record in enumerate(records):
            layers = {field: [value] for field, value in record.items()}
            yield ("," if n else "[") + "\n" + json.dumps({"_index": "x", "_source": {"layers": layers}}, indent=2)
        yield "\n]\n"


@pytest.mark.parametrize("kind", ["fields", "ek", "json"])
def test_many_packets(kind, tmp_path):
    few, many = tmp_path / "few", tmp_path / "many"
    few.write_text("".join(text(kind, 2_000, 50)))
    many.write_text("".join(text(kind, 60_000, 50)))
    assert many.stat().st_size > 5_000_000
    assert peak(many) - peak(few) < 3_000


def test_many_flows_one_after_another(tmp_path):
    """60,000 flows, 11 of them open at a time. What is remembered of those that are over is little."""
    few, many = tmp_path / "few", tmp_path / "many"
    few.write_text("".join(text("fields", 2_000, 10**9)))
    many.write_text("".join(text("fields", 60_000, 10**9)))
    assert peak(many, "-t", "0.01") - peak(few, "-t", "0.01") < 12_000
    assert peak(many, "-t", "1000") - peak(many, "-t", "0.01") > 20_000  # or there was nothing to save


def test_one_long_line(tmp_path):
    """A record of 20 MB is read, and five times its size is enough, beside what the program itself takes."""
    def written(name, data):
        path = tmp_path / name
        with path.open("w") as out:
            for n in range(3):
                layers = {field.replace(".", "_"): [value] for field, value in values(n, 0).items()}
                if n == 1:
                    layers["data_data"] = [data]
                out.write(json.dumps({"timestamp": "1700000000000", "layers": layers}) + "\n")
        return path

    assert peak(written("long", "00" * 10_000_000)) < peak(written("short", "00")) + 100_000
