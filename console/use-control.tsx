/** Control actions: the operator's name, the dialog for the admin token, and the request. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Name } from "./elements.tsx";
import { type ApiResult, change, unlock } from "./api-client.ts";

export interface Control {
  /** The operator's name for the audit log; empty at first. */
  readonly by: string;
  /** The name is proven by the operator's token or proxy, so it cannot be changed. */
  readonly isProven: boolean;
  readonly setBy: (by: string) => void;
  /** Asks for the admin token to read this path; resolves to whether it was accepted. */
  readonly unlock: (path: string) => Promise<boolean>;
  readonly change: (path: string, body: object) => Promise<ApiResult<unknown>>;
  /** The dialog that asks for the admin token. */
  readonly dialog: JSX.Element;
}

const BY = "tollgate.by";

/** `operator` is the proven name; undefined without proof. */
export function useControl(operator?: string): Control {
  const [typed, setBy] = useState(() => sessionStorage.getItem(BY) ?? "");
  const [asked, setAsked] = useState<Asked>();
  const by = operator ?? typed;
  const askToken = (wasWrong: boolean): Promise<string | undefined> => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const answer = (token: string | undefined): void => {
      setAsked(undefined);
      resolve(token);
    };
    setAsked({ wasWrong, answer });
    return promise;
  };
  return {
    by,
    isProven: operator !== undefined,
    setBy: (name) => {
      sessionStorage.setItem(BY, name);
      setBy(name);
    },
    unlock: (path) => unlock(path, askToken),
    change: (path, body) => change(path, { by, ...body }, askToken),
    dialog: <TokenDialog asked={asked} />,
  };
}

interface Asked {
  readonly wasWrong: boolean;
  readonly answer: (token: string | undefined) => void;
}

function TokenDialog({ asked }: { readonly asked: Asked | undefined }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked === undefined) dialog.current?.close();
    else if (dialog.current?.open === false) dialog.current.showModal();
  }, [asked]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? "";
    if (field.current !== null) field.current.value = "";
    if (token !== "") asked?.answer(token);
  };
  return (
    <dialog ref={dialog} aria-labelledby="token-title" onCancel={() => asked?.answer(undefined)}>
      <form onSubmit={submit}>
        <h2 id="token-title">Admin token</h2>
        <p>
          {asked?.wasWrong === true ? "The sidecar refused this token." : "This needs the admin token."} It is
          kept until this page is closed or loaded again.
        </p>
        <label>
          Token <input ref={field} type="password" autocomplete="off" spellcheck={false} />
        </label>
        <div class="buttons">
          <button type="submit" class="primary">
            Go on
          </button>
          <button type="button" onClick={() => asked?.answer(undefined)}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** The field for the operator's name, shared by all forms. */
export function ByField({ control, id }: { readonly control: Control; readonly id: string }): JSX.Element {
  if (control.isProven)
    return (
      <p class="hint">
        You are <Name text={control.by} />, proven by your token or your proxy.
      </p>
    );
  return (
    <label for={id}>
      Your name <span class="hint">for the audit log</span>
      <input
        id={id}
        name="by"
        value={control.by}
        maxLength={256}
        required
        autocomplete="name"
        onInput={(event) => control.setBy(event.currentTarget.value)}
      />
    </label>
  );
}
