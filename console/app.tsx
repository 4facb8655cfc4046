/** The page: approvals and freezes first, then calls by agent and tool, then decisions, then policy, limits and tools. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type {
  ActivityResponse,
  ApprovalsResponse,
  FreezesResponse,
  LimitsResponse,
  PolicyResponse,
  ReadyResponse,
  ToolsResponse,
} from "../src/admin/api.ts";
import { type Address, addressOf, type PageFilter, readAddress } from "./address.ts";
import { Activity } from "./activity.tsx";
import { Approvals } from "./approvals.tsx";
import { Decisions } from "./decisions.tsx";
import { Freezes, type Names } from "./freezes.tsx";
import { Header } from "./header.tsx";
import { Limits } from "./limits.tsx";
import { Policy } from "./policy.tsx";
import { Tools } from "./tools.tsx";
import { TryPolicy } from "./try-policy.tsx";
import { useControl } from "./use-control.tsx";
import { usePolled } from "./use-polled.ts";

const SOON_MS = 2_000;
const LATER_MS = 5_000;
/** In milliseconds; long, because comparing a policy with many tools is expensive for the sidecar. */
const RARELY_MS = 15_000;

export function App(): JSX.Element {
  const ready = usePolled<ReadyResponse>("readyz", SOON_MS, READY_OR_NOT);
  const approvals = usePolled<ApprovalsResponse>("approvals", SOON_MS);
  const freezes = usePolled<FreezesResponse>("freeze", SOON_MS);
  const activity = usePolled<ActivityResponse>("activity", LATER_MS);
  const limits = usePolled<LimitsResponse>("limits", LATER_MS);
  const policy = usePolled<PolicyResponse>("policy", LATER_MS);
  const tools = usePolled<ToolsResponse>("tools", RARELY_MS);
  const [address, setAddress] = useState(() => readAddress(location.search));
  const go = (next: Address): void => {
    history.replaceState(null, "", `${location.pathname}${addressOf(next)}${location.hash}`);
    setAddress(next);
  };
  const setFilter = (filter: PageFilter): void => go({ ...address, filter });
  const control = useControl(approvals.value?.operator ?? undefined);
  const categories = new Map(tools.value?.tools.map(({ name, category }) => [name, category]));
  const categoryOf = (tool: string): string | undefined => categories.get(tool);
  const names = namesIn(activity.value, tools.value);
  return (
    <>
      <Header {...{ ready, policy, freezes, approvals, activity }} />
      <main>
        <div class="column">
          <Approvals polled={approvals} categoryOf={categoryOf} control={control} />
          <Activity
            polled={activity}
            onPick={setFilter}
            find={address.calls ?? ""}
            onFind={(calls) => go({ ...address, calls })}
          />
          <Decisions address={address} onGo={go} />
        </div>
        <div class="column">
          <Freezes polled={freezes} control={control} seen={names} />
          <Limits polled={limits} />
          <Policy polled={policy} />
          <TryPolicy control={control} onOpen={(decision) => go({ ...address, decision })} />
          <Tools
            polled={tools}
            control={control}
            find={address.tools ?? ""}
            onFind={(text) => go({ ...address, tools: text })}
          />
        </div>
      </main>
      {control.dialog}
      <datalist id="agents">
        {names.agents.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <datalist id="tools">
        {names.tools.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

/** Statuses of /readyz; 503 carries the reasons. */
const READY_OR_NOT = [200, 503];

function namesIn(activity: ActivityResponse | undefined, tools: ToolsResponse | undefined): Names {
  const pairs = (activity?.pairs ?? []).filter(({ agent }) => agent !== "_other");
  return {
    agents: [...new Set(pairs.map(({ agent }) => agent))].slice(0, 1_000),
    tools: (tools?.tools ?? []).map(({ name }) => name).slice(0, 1_000),
  };
}
