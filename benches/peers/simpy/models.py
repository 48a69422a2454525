"""The workloads on SimPy: a process for each request and each attempt, a Resource for each node.

Called with the name of a workload and a number of requests, it prints what `answer.rs` reads.
"""

import math
import random
import resource
import sys
import time

import simpy

NODES = 16
WORKERS = 32
BACKLOG = 1024
ATTEMPTS = 3
PATIENCE = 2.0
MEAN, SIGMA = 0.1, 0.5
MU = math.log(MEAN) - 0.5 * SIGMA * SIGMA


def visit(env, server, sojourns):
    """A request of W1."""
    arrived = env.now
    with server.request() as turn:
        yield turn
        yield env.timeout(random.expovariate(1.0))
    sojourns.append(env.now - arrived)


def visitors(env, server, requests, sojourns):
    for _ in range(requests):
        yield env.timeout(random.expovariate(0.8))
        env.process(visit(env, server, sojourns))


def w1(requests):
    """One server, one queue."""
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    sojourns = []
    env.process(visitors(env, server, requests, sojourns))
    env.run()
    return sojourns


class Node:
    """A node of W2: its workers, and the attempts that it has."""

    def __init__(self, env):
        self.workers = simpy.Resource(env, capacity=WORKERS)
        self.connections = 0


def attempt(env, node):
    """An attempt at a node; it is served whether the client still waits or not."""
    with node.workers.request() as turn:
        yield turn
        yield env.timeout(random.lognormvariate(MU, SIGMA))
    node.connections -= 1


def request(env, nodes, sojourns):
    """A client with its attempts."""
    arrived = env.now
    for _ in range(ATTEMPTS):
        node = min(nodes, key=lambda node: node.connections)
        if node.connections == WORKERS + BACKLOG:
            continue
        node.connections += 1
        served = env.process(attempt(env, node))
        yield served | env.timeout(PATIENCE)
        if served.processed:
            sojourns.append(env.now - arrived)
            return


def clients(env, nodes, requests, sojourns):
    for _ in range(requests):
        yield env.timeout(random.expovariate(4000.0))
        env.process(request(env, nodes, sojourns))


def w2(requests):
    """A fleet behind a balancer."""
    env = simpy.Environment()
    nodes = [Node(env) for _ in range(NODES)]
    sojourns = []
    env.process(clients(env, nodes, requests, sojourns))
    env.run()
    return sojourns


def main():
    work = {"w1": w1, "w2": w2}[sys.argv[1]]
    requests = int(sys.argv[2])
    random.seed(1)
    start = time.process_time()
    sojourns = work(requests)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    sojourns.sort()
    completed = len(sojourns)
    mean = sum(sojourns) / completed
    print(
        requests,
        completed,
        mean,
        sojourns[completed // 2],
        sojourns[completed * 99 // 100],
        seconds,
        peak,
    )


if __name__ == "__main__":
    main()
