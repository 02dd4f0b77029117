#!/usr/bin/env python3
"""seeds.py DIRECTORY: makes first inputs for each fuzz target, in DIRECTORY/TARGET, out of the sample captures.

They are small: a fuzzer learns nothing from the hundredth packet that it did not learn from the tenth.
"""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from helpers import NEEDED, SAMPLES, SHARED, each  # noqa: E402

TARGETS = "capture columns ek fields flow_table json labels options sniff specs values".split()
FIELDS = [*NEEDED, "tcp.len", "tcp.time_relative", "tcp.time_delta"]
FRAMES = "12"
COMMANDS = [
    "--columns duration,src_port x.pcap", "--columns=-duration,-src_port -", "--columns +id x", "--columns id,cic,nfstream x",
    "-t 60 -j2 --life-frames 10 x y", "-Y tcp -d tcp.port==1,http --pref a.b:c x", "--schema pyflowmeter -o out/ -r x",
    "--delimiter \\t --no-header --safe-cells --keep-going x", "--active-timeout 5 --direction handshake --clock monotone x",
    "--tunnel inner --size ip --drop-ids --na NaN x", "--decoder ek --transport-only --print-command x", "-q -v --progress -- -2 x",
    "-c 5 --read-format NetScaler --colums=+id -w x",
]

SPECS = ["ip.ttl", "ip.ttl:fwd:mean,max=ttl", "@size:bwd:list", "http.host:set", "tcp.window_size:both:median,p95,q25", "x:first=y"]
RULES = [
    (ROOT / "samples/slowloris-labels.csv").read_text(),
    "label,start,end,src,dst,sport,dport,proto,both_ways,filter\n"
    "a,2023-11-14T22:13:20Z,1700000000.5,192.0.2.0/24|2001:db8::/32,192.0.2.2,1024-65535,80|443,tcp|17,no,duration>=1.5\n"
    "\"b,\"\"c\"\"\",,,,,,,,yes,protocol!=TCP\n",
    (ROOT / "tests/fuzz/corpus/labels/language").read_text(),
]


def tshark(*args):
    return subprocess.run(["tshark", "-n", *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False).stdout


def packed(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def capture_seeds(capture):
    """The first frames, as they are and compressed, in both formats."""
    for kind in ("pcap", "pcapng"):
        data = tshark("-r", capture, "-c", FRAMES, "-F", kind, "-w", "-")
        yield kind, data
        yield f"{kind}.gz", gzip.compress(data, mtime=0)
        for tool in ("zstd", "lz4"):
            if shutil.which(tool):
                yield f"{kind}.{tool}", packed([tool, "-q", "-c"], data)


def text_seeds(capture):
    """(target, name, text) of the first frames in each dialect."""
    few = ("-r", capture, "-c", FRAMES)
    yield "ek", "e", tshark(*few, "-T", "ek", *each(FIELDS))
    yield "json", "e", tshark(*few, "-T", "json", *each(FIELDS))
    yield "ek", "tree", tshark("-r", capture, "-c", "3", "-T", "ek")
    yield "json", "tree", tshark("-r", capture, "-c", "3", "-T", "json")
    table = tshark(*few, "-T", "fields", "-E", "header=y", "-E", "occurrence=a", *each(FIELDS))
    yield "fields", "header", table
    yield "columns", "values", table.partition(b"\n")[2]


def seeds():
    captures = list(SAMPLES)
    if SHARED is not None:
        captures += sorted((SHARED / "dialects/captures").glob("*.pcap*"))
    for capture in captures:
        for name, data in capture_seeds(capture):
            yield "capture", f"{capture.stem}.{name}", data
            yield "sniff", f"{capture.stem}.{name}", data[:64]
        for target, name, data in text_seeds(capture):
            yield target, f"{capture.stem}.{name}", data
            yield "sniff", f"{capture.stem}.{target}.{name}", data[:256]
    for n, text in enumerate([
            "1700000000.123456000", "-0.000001000", "2023-11-14T22:13:20.123456000Z", "9223372036.854775807",
            "192.0.2.1", "2001:db8::1", "::ffff:1.2.3.4", "0x0018", "18446744073709551615", "frame.len\tip.src\n",
            "1.5,2\t3\n", "<?xml", "frame.len,ip.src\n"]):
        yield "values", str(n), text.encode()
        yield "sniff", str(n), text.encode()
    for n, command in enumerate(COMMANDS):
        yield "options", str(n), command.replace(" ", "\n").encode()
    for n, spec in enumerate(SPECS):
        yield "specs", str(n), spec.encode()
    for n, rules in enumerate(RULES):
        yield "labels", str(n), rules.encode()
    for n in range(8):  # chosen as random.Random(n) would, but the same in all versions of Python
        state, data = n + 1, bytearray()
        for _ in range(20 << (n % 4)):
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            data.append(state >> 16 & 0xFF)
        yield "flow_table", str(n), bytes(data)


def main():
    top = Path(sys.argv[1])
    for target in TARGETS:
        (top / target).mkdir(parents=True, exist_ok=True)
    for target, name, data in seeds():
        if data:
            (top / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
