/** Entry point of the page of `tollgate up`: all servers, each with a link to its console. */

import { type JSX, render } from "preact";
import type { ServersResponse, UpServerEntry } from "../src/admin/up-api.ts";
import { Problem } from "./elements.tsx";
import { figure, fromNow, shortDigest, visible } from "./text.ts";
import { useControl } from "./use-control.tsx";
import { usePolled } from "./use-polled.ts";

const EVERY_MS = 2_000;

const root = document.getElementById("console");
if (root !== null) {
  root.replaceChildren();
  render(<Servers />, root);
}

function Servers(): JSX.Element {
  const polled = usePolled<ServersResponse>("servers", EVERY_MS);
  const control = useControl(undefined);
  const { value, problem, needsToken } = polled;
  const ready = value?.servers.filter(({ ready: isReady }) => isReady).length ?? 0;
  const all = value?.servers.length ?? 0;
  return (
    <>
      <header>
        <div class="title">
          <h1>Tollgate</h1>
          {value !== undefined && <span class="server">{visible(value.file)}</span>}
        </div>
        <ul class="pills">
          {value !== undefined && (
            <li class={`pill ${ready === all ? "good" : "bad"}`}>{`${ready} of ${all} servers ready`}</li>
          )}
        </ul>
        <div role="status">
          {value?.file_problems.map((text) => (
            <p key={text} class="problem">
              The file is bad now, and the one before stays in force: {visible(text)}
            </p>
          ))}
        </div>
      </header>
      <main class="one">
        <section class="card" aria-labelledby="servers-title">
          <h2 id="servers-title">Servers</h2>
          <Problem text={problem} />
          {needsToken && (
            <button type="button" onClick={() => void control.unlock("servers").then(polled.refresh)}>
              Enter the token
            </button>
          )}
          {value !== undefined && <Table servers={value.servers} />}
        </section>
      </main>
      {control.dialog}
    </>
  );
}

function Table({ servers }: { readonly servers: readonly UpServerEntry[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {["Server", "State", "Mode", "Policy", "Calls, last hour", "Denied", "Endpoint", "Console"].map(
              (title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {servers.map((server) => (
            <Row key={server.name} server={server} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ server }: { readonly server: UpServerEntry }): JSX.Element {
  const { name, state, ready, because, since, mode, policies, policy_error: error } = server;
  const text = ready ? "ready" : state === "up" ? "not ready" : state;
  return (
    <tr>
      <th scope="row">{visible(name)}</th>
      <td>
        <span class={`pill ${ready ? "good" : "bad"}`}>{text}</span>{" "}
        <span class="hint">{fromNow(since)}</span>
        {because.map((reason) => (
          <p key={reason} class="problem">
            {visible(reason)}
          </p>
        ))}
      </td>
      <td>{mode}</td>
      <td>
        {policies.length === 0 ? "none" : policies.map(shortDigest).join(", ")}
        {error !== null && <p class="problem">{visible(error)}</p>}
      </td>
      <td class="number">{server.calls === null ? "–" : figure(server.calls)}</td>
      <td class="number">{server.denied === null ? "–" : figure(server.denied)}</td>
      <td>{server.url === null ? "–" : <code>{reachable(server.url)}</code>}</td>
      <td>{server.console === null ? "–" : <a href={`${reachable(server.console)}/`}>console</a>}</td>
    </tr>
  );
}

/** A listener on all addresses is reached by the name that reached this page. */
function reachable(url: string): string {
  return url.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/, `$1${location.hostname}`);
}
