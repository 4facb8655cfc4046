/** One page of tools/list after the other, and who asks for them. */

import * as z from "zod";
import { VERSION } from "../../config/version.ts";

/** One page; its elements are taken as they came. */
export const TOOLS_PAGE = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
});

export type ToolsPage = z.infer<typeof TOOLS_PAGE>;

export const CLIENT_INFO = { name: "tollgate", version: VERSION };

/** Pages after which a list is taken for endless. */
const MOST_PAGES = 1_000;

/** The tools of all pages. @throws Error when the list does not end, and what `ask` throws. */
export async function collectPages(
  ask: (params: { readonly cursor?: string }) => Promise<ToolsPage>,
): Promise<unknown[]> {
  const tools: unknown[] = [];
  let params: { readonly cursor?: string } = {};
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { tools: more, nextCursor: cursor } = await ask(params);
    tools.push(...more);
    if (cursor === undefined) return tools;
    params = { cursor };
  }
  throw new Error(`tools/list has more than ${MOST_PAGES} pages`);
}
