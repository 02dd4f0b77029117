"""A Slurm of the tests' own: munged, slurmctld and several slurmd on the loopback interface, in a directory of theirs."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import helpers

#: Debian has them where not everybody looks.
PATH = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"

TOOLS = "setpriv munged slurmctld slurmd sbatch squeue scontrol scancel sinfo".split()

#: What daemons say where the machine does not let them run; anything else is an error of ours. The last one is of a
#: machine that has no other network interface than the loopback: there the daemons find no address to listen on.
NOT_LET = ("Operation not permitted", "Permission denied", "Function not implemented", "Read-only file system",
           "Address family not supported by protocol")

CONF = """
ClusterName=flowmeter
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={port}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={place}/munge.socket
StateSaveLocation={place}/state
SlurmdSpoolDir={place}/spool-%n
SlurmctldPidFile={place}/slurmctld.pid
SlurmdPidFile={place}/slurmd-%n.pid
SlurmctldLogFile={place}/slurmctld.log
SlurmdLogFile={place}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0
JobRequeue=1
KillWait=2
MinJobAge=600
MaxArraySize={array}
ReturnToService=1
SlurmctldTimeout=30
SlurmdTimeout=60
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing():
    """What is not installed, in words; empty if all is there."""
    return ", ".join(tool for tool in TOOLS if not shutil.which(tool, path=PATH))


class CannotRun(Exception):
    """The machine does not let the daemons run."""


def wait_until(what, seconds, condition, explain=str):
    """Waits until condition() is true, and returns what it is then."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}\n{explain()}"
        time.sleep(0.05)


class Slurm:
    """A context manager. `env` is the environment for its commands, and for scripts/cluster/slurm."""

    def __init__(self, nodes=3, cpus=2, array=1001):
        self.nodes, self.cpus, self.array = nodes, cpus, array
        self.daemons = []

    def __enter__(self):
        # Not below pytest's directory: munged wants one that all may look into.
        self.place = Path(tempfile.mkdtemp(prefix="flowmeter-slurm-", dir="/tmp"))
        self.place.chmod(0o755)
        self.mark = self.place.name
        self.env = dict(os.environ, PATH=PATH, SLURM_CONF=str(self.place / "slurm.conf"), FLOWMETER_TEST_MARK=self.mark)
        for name in [name for name in self.env if name.startswith(("SLURM_", "SBATCH_", "SQUEUE_"))]:
            if name != "SLURM_CONF":
                del self.env[name]
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        names = [f"node{n + 1}" for n in range(self.nodes)]
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(1 + self.nodes)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            ports = [one.getsockname()[1] for one in sockets]
        host = socket.gethostname().partition(".")[0]
        conf = CONF.format(
            host=host, user=pwd.getpwuid(os.geteuid()).pw_name, port=ports[0], place=self.place, array=self.array,
            nodes="\n".join(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={self.cpus}"
                            for name, port in zip(names, ports[1:])))
        (self.place / "slurm.conf").write_text(conf.lstrip())
        (self.place / "state").mkdir()
        key = self.place / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self.daemon("munged", "--foreground", "--force", *(f"--{what}={self.place}/munge.{end}" for what, end in (
            ("socket", "socket"), ("key-file", "key"), ("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed"))))
        self.wait_until("munged listens", 10, (self.place / "munge.socket").exists)
        self.daemon("slurmctld", "-D", "-f", self.env["SLURM_CONF"])
        for name in names:
            (self.place / f"spool-{name}").mkdir()
            self.daemon("slurmd", "-D", "-N", name, "-f", self.env["SLURM_CONF"], out=f"slurmd-{name}")
        self.wait_until("all nodes are idle", 60, lambda: self.states() == ["idle"] * self.nodes)

    def daemon(self, name, *args, out=None):
        with open(self.place / f"{out or name}.out", "wb") as log:
            # They do not outlive us, whatever ends us.
            process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", shutil.which(name, path=PATH), *args],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, cwd=self.place,
                                       start_new_session=True)
        self.daemons.append(process)

    def wait_until(self, what, seconds, condition):
        """As wait_until(); fails at once when a daemon has ended."""
        def checked():
            dead = [process for process in self.daemons if process.poll() is not None]
            if dead:
                logs = self.logs()
                for line in logs.splitlines():
                    if any(words in line for words in NOT_LET):
                        raise CannotRun(f"{Path(dead[0].args[3]).name} cannot run here: {line}")
                raise AssertionError(f"{dead[0].args} ended with status {dead[0].returncode}\n{logs}")
            return condition()
        return wait_until(what, seconds, checked, self.logs)

    def logs(self):
        """The ends of the daemons' logs, and the queue."""
        text = ""
        for path in sorted(self.place.glob("*.out")):
            path = path.with_suffix(".log") if path.with_suffix(".log").exists() else path
            tail = path.read_text(errors="replace").splitlines()[-25:]
            text += "\n".join([f"--- {path.name}", *tail, ""])
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            queue = subprocess.run(["squeue", "-r"], env=self.env, capture_output=True, text=True, timeout=5)
            text += f"--- squeue\n{queue.stdout}{queue.stderr}"
        return text

    def run(self, *command, status=0, timeout=90):
        """Standard output of one of Slurm's commands, or of a script."""
        result = helpers.run(command, env=self.env, timeout=timeout)
        assert status in (None, result.status), f"expected status {status}: {result!r}\n{self.logs()}"
        return result

    def lines(self, *command):
        return self.run(*command).lines

    def states(self):
        """The states of the nodes; empty while nobody answers."""
        result = helpers.run(["sinfo", "-h", "-N", "-o", "%T"], env=self.env)
        return result.lines if result.status == 0 else []

    def queue(self):
        """Of each task that waits or runs: (number of the array, index, state, node)."""
        return [tuple(line.split("|")) for line in self.lines("squeue", "-h", "-r", "-o", "%F|%K|%T|%N")]

    def wait_until_empty(self, seconds):
        self.wait_until("the queue is empty", seconds, lambda: not self.queue())

    def ours(self):
        return [pid for pid in helpers.marked(self.mark) if pid != os.getpid()]

    def __exit__(self, *_):
        for process in reversed(self.daemons[1:]):
            process.terminate()
        for process in reversed(self.daemons):
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process is self.daemons[0]:
                    process.terminate()
                process.wait(5)
        # Jobs that still run, and daemons that did not listen.
        for _ in range(50):
            pids = self.ours()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for process in self.daemons:
                process.poll()
            if not pids:
                break
            time.sleep(0.1)
        shutil.rmtree(self.place, ignore_errors=True)
