/** Collects the pages of a tools/list result. */

import * as z from "zod";
import { VERSION } from "../../config/version.ts";

/** One page; its tools are not validated. */
export const TOOLS_PAGE = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
});

export type ToolsPage = z.infer<typeof TOOLS_PAGE>;

/** How Tollgate identifies itself to a server. */
export const CLIENT_INFO = { name: "tollgate", version: VERSION };

/** A list with more pages is treated as endless. */
const MAX_PAGES = 1_000;

/** The tools of all pages. @throws Error when the list does not end, and any error of `requestPage`. */
export async function collectPages(
  requestPage: (params: { readonly cursor?: string }) => Promise<ToolsPage>,
): Promise<unknown[]> {
  const tools: unknown[] = [];
  let params: { readonly cursor?: string } = {};
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { tools: more, nextCursor: cursor } = await requestPage(params);
    tools.push(...more);
    if (cursor === undefined) return tools;
    params = { cursor };
  }
  throw new Error(`tools/list has more than ${MAX_PAGES} pages`);
}
