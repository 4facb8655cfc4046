/** The webhook's own certificates over months: several replicas, API servers that learn late, and an API that fails at times. */

import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/webhook/kubernetes-api.ts";
import { hasCertificate, isFor, type KeyPair } from "../../src/webhook/own-certificate.ts";
import { SharedCertificates } from "../../src/webhook/shared-certificates.ts";

const HOUR = 3_600_000;
const TIMES = { lifetimeMs: 90 * HOUR, renewMs: 30 * HOUR, settleMs: 2 * HOUR };
const NAMES = ["tollgate-webhook.tools.svc"];
const SECRET = "/api/v1/namespaces/tools/secrets/tls";
const CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/hooks";

interface Stored {
  metadata: { resourceVersion: string };
  data?: Record<string, string | null>;
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

/** An API server with one Secret and one configuration, which refuses a change of an older version. */
class FakeApi {
  readonly objects: Record<string, Stored> = {
    [SECRET]: { metadata: { resourceVersion: "1" } },
    [CONFIGURATION]: {
      metadata: { resourceVersion: "1" },
      webhooks: [{ clientConfig: {} }, { clientConfig: {} }],
    },
  };
  isAway = false;

  async get(path: string): Promise<unknown> {
    if (this.isAway) throw new ApiError("connect ECONNREFUSED");
    const found = this.objects[path];
    if (found === undefined) throw new ApiError("404 not found", 404);
    return structuredClone(found);
  }

  async patch(path: string, _type: string, body: unknown): Promise<unknown> {
    const found = (await this.get(path)) as Stored;
    const operations = (Array.isArray(body) ? body : []) as { path: string; value: string }[];
    const wanted = Array.isArray(body) ? operations[0]?.value : (body as Stored).metadata.resourceVersion;
    if (wanted !== found.metadata.resourceVersion) throw new ApiError("409 conflict", 409);
    for (const { path: at, value } of operations.slice(1)) {
      const webhook = found.webhooks?.[Number(at.split("/")[2])];
      if (webhook !== undefined) webhook.clientConfig.caBundle = value;
    }
    const data = { ...found.data, ...(body as Stored).data };
    const kept = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
    this.objects[path] = { ...found, data: kept, metadata: { resourceVersion: `${Number(wanted) + 1}` } };
    return this.objects[path];
  }

  bundles(): string[] {
    const webhooks = this.objects[CONFIGURATION]?.webhooks ?? [];
    return webhooks.map(({ clientConfig }) =>
      Buffer.from(clientConfig.caBundle ?? "", "base64").toString("utf8"),
    );
  }
}

interface Replica {
  readonly certificates: SharedCertificates;
  readonly served: KeyPair[];
}

function replica(api: FakeApi, now: () => number): Replica {
  const served: KeyPair[] = [];
  const certificates = new SharedCertificates({
    api,
    names: NAMES,
    namespace: "tools",
    secret: "tls",
    configuration: "hooks",
    times: TIMES,
    pollMs: HOUR,
    log: pino({ level: "silent" }),
    onServed: (pair) => served.push(pair),
    onFailed: () => undefined,
    now,
  });
  return { certificates, served };
}

describe("certificates that replicas share", () => {
  it("are one, for the Service's name, and trusted by every webhook of the configuration", async () => {
    const api = new FakeApi();
    const replicas = [replica(api, Date.now), replica(api, Date.now), replica(api, Date.now)];
    await Promise.all(replicas.map(({ certificates }) => certificates.look()));
    await Promise.all(replicas.map(({ certificates }) => certificates.look()));
    const served = new Set(
      replicas.map(({ served: [, ...more], served: [first] }) => [...more].at(-1)?.cert ?? first?.cert),
    );
    expect(served.size).toBe(1);
    const [cert = ""] = served;
    expect(isFor(cert, NAMES)).toBe(true);
    expect(api.bundles().map((bundle) => hasCertificate(bundle, cert))).toEqual([true, true]);
    expect(replicas.flatMap(({ certificates }) => certificates.notReadyReasons())).toEqual([]);
  });

  it("are trusted whenever they are served, over renewals, restarts and hours without the API", async () => {
    const api = new FakeApi();
    let now = Date.UTC(2030, 0, 1);
    const clock = (): number => now;
    const replicas = [replica(api, clock), replica(api, clock), replica(api, clock)];
    for (const { certificates } of replicas) await certificates.look();
    /** An API server that learns of a change up to an hour late. */
    let known = api.bundles();
    const seen = new Set<string>();
    for (let hour = 0; hour < 200; hour += 1) {
      now += HOUR;
      const late = known;
      api.isAway = hour % 50 > 46;
      if (hour % 70 === 0) replicas[hour % 3] = replica(api, clock);
      // Each looks once an hour, and in another order.
      for (let turn = 0; turn < 3; turn += 1) await replicas[(hour + turn) % 3]?.certificates.look();
      for (const { served } of replicas) {
        const cert = served.at(-1)?.cert;
        if (cert === undefined) continue;
        seen.add(cert);
        for (const bundle of [...late, ...api.bundles()]) expect(hasCertificate(bundle, cert)).toBe(true);
      }
      known = api.bundles();
    }
    expect(seen.size).toBeGreaterThan(2);
    expect(api.bundles()[0]?.match(/BEGIN/g)?.length).toBeLessThanOrEqual(3);
  });

  it("come back into the configuration when another program took them out", async () => {
    const api = new FakeApi();
    const one = replica(api, Date.now);
    await one.certificates.look();
    const [bundle] = api.bundles();
    api.objects[CONFIGURATION] = {
      metadata: { resourceVersion: "9" },
      webhooks: [{ clientConfig: { caBundle: "" } }],
    };
    await one.certificates.look();
    expect(api.bundles()).toEqual([bundle]);
  });

  it("are made again when the Secret holds what is no certificate, or one for another name", async () => {
    const api = new FakeApi();
    const one = replica(api, Date.now);
    api.objects[SECRET] = {
      metadata: { resourceVersion: "4" },
      data: { "tls.crt": "bm8=", "tls.key": "bm8=" },
    };
    await one.certificates.look();
    expect(one.served.map(({ cert }) => isFor(cert, NAMES))).toEqual([true]);
    expect(one.certificates.notReadyReasons()).toEqual([]);
  });

  it.each([
    ["the Secret", SECRET],
    ["the configuration", CONFIGURATION],
  ])("leave the webhook not ready, with the reason, while %s is missing", async (_name, path) => {
    const api = new FakeApi();
    delete api.objects[path];
    const one = replica(api, Date.now);
    await one.certificates.look();
    expect(one.certificates.notReadyReasons()).toEqual([expect.stringContaining("404")]);
  });

  it("are served on, and the webhook stays ready, while the API is away", async () => {
    const api = new FakeApi();
    const one = replica(api, Date.now);
    await one.certificates.look();
    api.isAway = true;
    await one.certificates.look();
    expect([one.served.length, one.certificates.notReadyReasons()]).toEqual([1, []]);
  });
});
