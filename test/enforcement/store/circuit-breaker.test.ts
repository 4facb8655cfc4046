import { describe, expect, it } from "vitest";
import { StoreError } from "../../../src/enforcement/store/store.ts";
import { StoreCircuitBreaker, type StoreConnection } from "../../../src/enforcement/store/circuit-breaker.ts";
import { until } from "../../fixtures/start-sidecar.ts";

interface World {
  isWell: boolean;
  opened: number;
  destroyed: number;
  probes: number;
  readonly changes: boolean[];
}

/** A circuit over lines that are as well as the world says. */
function circuitIn(world: World, timeoutMs = 20): StoreCircuitBreaker<StoreConnection> {
  const answer = async (): Promise<void> => {
    if (!world.isWell) throw new Error("away");
  };
  return new StoreCircuitBreaker({
    open: () => {
      world.opened += 1;
      return {
        connect: answer,
        probe: () => {
          world.probes += 1;
          return answer();
        },
        destroy: () => (world.destroyed += 1),
      };
    },
    faultOf: () => "reply",
    timeoutMs,
    onChange: (isUp) => world.changes.push(isUp),
  });
}

function newWorld(): World {
  return { isWell: true, opened: 0, destroyed: 0, probes: 0, changes: [] };
}

const nothing = (): void => undefined;

async function faultOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof StoreError ? error.fault : "another";
  }
}

describe("StoreCircuit", () => {
  it("lets calls through once a probe has passed", async () => {
    const world = newWorld();
    const circuit = circuitIn(world);
    expect(await faultOf(circuit.run(async () => 1, nothing))).toBe("connection");
    await circuit.start();
    expect(await circuit.run(async () => 1, nothing)).toBe(1);
    expect(world).toMatchObject({ opened: 1, probes: 1, changes: [true] });
    circuit.close();
  });

  it("starts without the store, and finds it when it comes", async () => {
    const world = { ...newWorld(), isWell: false };
    const circuit = circuitIn(world);
    await circuit.start();
    expect(world.changes).toEqual([false]);
    world.isWell = true;
    await until(() => world.changes.at(-1) === true);
    circuit.close();
  });

  it("fails at once after a failure, with its cause, and runs no call until a probe has passed", async () => {
    const world = newWorld();
    const circuit = circuitIn(world);
    await circuit.start();
    world.isWell = false;
    expect(await faultOf(circuit.run(() => Promise.reject(new Error("no")), nothing))).toBe("reply");
    let asked = 0;
    const ask = async (): Promise<number> => (asked += 1);
    for (let call = 0; call < 100; call += 1) expect(await faultOf(circuit.run(ask, nothing))).toBe("reply");
    expect(asked).toBe(0);
    world.isWell = true;
    await until(() => world.changes.at(-1) === true);
    expect(await circuit.run(ask, nothing)).toBe(1);
    expect(world.changes).toEqual([true, false, true]);
    circuit.close();
  });

  it("bounds a call in time, and hands over a late result with its connection", async () => {
    const world = newWorld();
    const circuit = circuitIn(world);
    await circuit.start();
    const reply = Promise.withResolvers<string>();
    const late: string[] = [];
    expect(
      await faultOf(
        circuit.run(
          () => reply.promise,
          (result) => late.push(result),
        ),
      ),
    ).toBe("timeout");
    reply.resolve("admitted");
    await until(() => late.length === 1);
    expect(late).toEqual(["admitted"]);
    circuit.close();
  });

  it("lets 5,000 calls wait and no more, and takes its own haste for no fault of the store", async () => {
    const world = newWorld();
    const circuit = circuitIn(world, 60_000);
    await circuit.start();
    const reply = Promise.withResolvers<number>();
    const waiting = Array.from({ length: 5_000 }, () => circuit.run(() => reply.promise, nothing));
    expect(await faultOf(circuit.run(() => reply.promise, nothing))).toBe("other");
    expect(world.changes).toEqual([true]);
    reply.resolve(1);
    await Promise.all(waiting);
    expect(await circuit.run(async () => 2, nothing)).toBe(2);
    circuit.close();
  });

  it("replaces a line that fails its probe", async () => {
    const world = newWorld();
    const circuit = circuitIn(world);
    await circuit.start();
    world.isWell = false;
    await faultOf(circuit.run(() => Promise.reject(new Error("no")), nothing));
    await until(() => world.destroyed > 0);
    world.isWell = true;
    await until(() => world.changes.at(-1) === true);
    expect(world.opened).toBeGreaterThan(1);
    circuit.close();
    expect(world.destroyed).toBe(world.opened);
  });
});
