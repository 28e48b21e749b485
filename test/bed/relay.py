#!/usr/bin/env python3
# The wires of the test bed: one network namespace per machine, and between them every packet late by half of the
# round trip that a matrix gives. For kernels without `tc netem`, and simpler than it where they have it: no classes,
# no filters, one table.
#
# A machine's only way out is a TUN device whose other end is here, so that TCP, UDP and ICMP are delayed alike and
# nobody inside knows. A TUN, not a veth pair read through AF_PACKET: the kernel fills in checksums and segments for
# it, and there is no ARP. Machine 0 is the hub, in the namespace of the caller, where chain and test live: no delay, no
# loss, no partition. Losing is left to nftables, inside the machines; partitions are here.
#
# Owned by its standard input: a line of JSON is a command, and the end of the input, however the caller ended, kills
# what runs in the namespaces, and what else it was told to own, and removes them.

import fcntl
import heapq
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
# RFC 2544 keeps 198.18.0.0/15 for test beds: 512 networks of 254 machines.
NETWORKS = 512
# About the packets of a second at 20 MB/s; past it a wire drops, as a full queue does.
QUEUE_MAX = 16384


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdout=subprocess.DEVNULL)


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return fd


class Bed:
    def __init__(self, first_network, size):
        self.size = size
        self.names = []
        self.owned = []
        hub = self.take_network(first_network)
        self.prefix = "198.%d.%d." % (18 + self.network // 256, self.network % 256)
        self.ends = [hub]
        ip("addr", "add", self.address(0) + "/24", "dev", self.device(0))
        ip("link", "set", self.device(0), "up")

    def take_network(self, first):
        # The kernel lets one process have a device, so its name is what beds that run side by side compete for.
        for turn in range(NETWORKS):
            self.network = (first + turn) % NETWORKS
            try:
                return open_tun(self.device(0))
            except OSError as error:
                if error.errno != 16:  # EBUSY
                    raise
        raise RuntimeError("every network of the test beds is taken")

    def device(self, i):
        return "bed%d-%d" % (self.network, i)

    def address(self, i):
        return self.prefix + str(254 if i == 0 else i)

    def add_machine(self, i):
        name = self.device(i)
        # Left by a bed that was killed together with its relay; its network is ours now.
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL)
        self.ends.append(open_tun(name))
        ip("netns", "add", name)
        self.names.append(name)
        ip("link", "set", name, "netns", name)
        for words in (("addr", "add", self.address(i) + "/24", "dev", name), ("link", "set", "lo", "up"),
                      ("link", "set", name, "up")):
            ip("-n", name, *words)
        # As servers should have it, and as BBR does anyway: a connection that rested is as wide as it was.
        with_width = "echo 0 >/proc/sys/net/ipv4/tcp_slow_start_after_idle"
        subprocess.run(["ip", "netns", "exec", name, "sh", "-c", with_width], check=True)

    def lose(self, share):
        # In thousandths of what arrives from other machines; the hub's packets are the test's own.
        for name in self.names:
            rule = 'iifname "%s" ip saddr != %s numgen random mod 1000 < %d drop' % (name, self.address(0), share * 1000)
            chain = "chain in { type filter hook input priority 0; %s\n}" % rule
            rules = "table inet bed {}\ndelete table inet bed\ntable inet bed {\n%s\n}\n" % chain
            subprocess.run(["ip", "netns", "exec", name, "nft", "-f", "-"], input=rules, text=True, check=True)

    def remove(self):
        for process in self.owned:
            try:
                signal.pidfd_send_signal(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for name in self.names:
            pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()
            for pid in pids:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name])


class Wires:
    def __init__(self, bed, delays_ms):
        self.bed = bed
        # One way, in seconds.
        self.late = [[ms / 2000 for ms in row] for row in delays_ms]
        self.group = None
        self.queue = []
        self.count = 0

    def take(self, source, packet):
        # IPv4 within the bed only; the last byte of an address is the machine.
        if packet[0] >> 4 != 4:
            return
        target = packet[19] % 254
        if target > self.bed.size or len(self.queue) >= QUEUE_MAX:
            return
        if source and target and self.group and self.group[source] != self.group[target]:
            return
        late = self.late[source - 1][target - 1] if source and target else 0
        self.count += 1
        heapq.heappush(self.queue, (time.monotonic() + late, self.count, target, packet))

    def deliver(self):
        # Returns the seconds until the next packet is due.
        while self.queue:
            left = self.queue[0][0] - time.monotonic()
            if left > 0:
                return left
            _, _, target, packet = heapq.heappop(self.queue)
            try:
                os.write(self.bed.ends[target], packet)
            except OSError:
                pass  # The machine's queue is full, or it is being removed: lost, as on any wire.
        return None

    def obey(self, command):
        if "groups" in command:
            self.group = [0] * (self.bed.size + 1)
            for number, group in enumerate(command["groups"], 1):
                for machine in group:
                    self.group[machine] = number
        if "lossShare" in command:
            self.bed.lose(command["lossShare"])
        if "own" in command:
            # By descriptor, since a number may be another process's by the time it is used.
            self.bed.owned.append(os.pidfd_open(command["own"]))

    def run(self):
        ends, pending = self.bed.ends, b""
        while True:
            readable, _, _ = select.select([0, *ends], [], [], self.deliver())
            for fd in readable:
                if fd == 0:
                    read = os.read(0, 65536)
                    if not read:
                        return
                    *lines, pending = (pending + read).split(b"\n")
                    for line in lines:
                        self.obey(json.loads(line))
                        print("done", flush=True)
                    continue
                source = ends.index(fd)
                try:
                    # A few at a time, so that what is due is not kept waiting by one busy machine.
                    for _ in range(16):
                        self.take(source, os.read(fd, 65536))
                except BlockingIOError:
                    pass


def main():
    rtts_ms = json.loads(sys.argv[2])
    bed = Bed(int(sys.argv[1]), len(rtts_ms))
    try:
        for i in range(1, bed.size + 1):
            bed.add_machine(i)
        print(json.dumps({"addresses": [bed.address(i) for i in range(bed.size + 1)], "namespaces": bed.names}),
              flush=True)
        Wires(bed, rtts_ms).run()
    finally:
        bed.remove()


main()
