/** `subscriptions/listen`: the request of the modern era whose answer is a stream of what its client asked to hear. */

import { isJsonObject } from "../json/json.ts";
import type { RequestMessage } from "./message.ts";

/** Names the `subscriptions/listen` that a notification, or the answer that ends it, belongs to. */
export const SUBSCRIPTION_ID_KEY = "io.modelcontextprotocol/subscriptionId";

/** What a stream of this kind begins with. */
export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

/** The id, as a token, of a subscription that asks to hear when the list of tools is another; undefined for any other request. */
export function toolsSubscriptionId({ method, params, id }: RequestMessage): string | undefined {
  if (method !== "subscriptions/listen") return undefined;
  const filter = params?.get("notifications");
  return isJsonObject(filter) && filter.get("toolsListChanged") === true ? id : undefined;
}
