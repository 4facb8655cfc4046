/** Allowed arguments of tools, and values of theirs that the ready policies forbid. */

import type { Cases } from "./cases.ts";

const INNER_ADDRESSES = [
  "http://example.com/",
  "https://127.0.0.1/",
  "https://localhost/",
  "https://a.internal/",
  "https://metadata.internal",
  "https://2130706433/",
  "https://[::1]/",
  "https://0x7f.1/",
  "file:///etc/passwd",
  "https://u@a.internal/",
  "https://a.b.lvh.me?x",
  "ftp://example.com/x",
];

export const SERVICES: Readonly<Record<string, Cases>> = {
  fetch: {
    args: { fetch: { url: "https://example.com/page" } },
    forbidden: { "fetch.url": [...INNER_ADDRESSES, "https://example.com/" + "a".repeat(2000)] },
  },
  playwright: {
    args: {
      browser_navigate: { url: "https://example.com/a" },
      browser_console_messages: { level: "error" },
      browser_network_requests: { static: false },
      browser_find: { text: "a" },
      browser_snapshot: {},
      browser_take_screenshot: { scale: "css" },
      browser_wait_for: { time: 0.1 },
      browser_type: { target: "#e1", text: "a" },
      browser_fill_form: { fields: [{ target: "#e1", name: "a", type: "textbox", value: "a" }] },
      browser_tabs: { action: "list" },
    },
    forbidden: {
      "browser_navigate.url": [...INNER_ADDRESSES, "https://example.com/" + "a".repeat(2000)],
      "*.filename": ["x.txt", "{folder}/x.txt"],
      "browser_tabs.url": ["http://127.0.0.1/"],
      "browser_wait_for.time": [31],
      "browser_fill_form.fields": [
        Array.from({ length: 31 }, () => ({ target: "#e1", name: "a", type: "textbox", value: "a" })),
        [{ target: "#e1", name: "a", type: "textbox", value: "a".repeat(16384) }],
      ],
    },
  },
  slack: {
    args: {
      slack_list_channels: { limit: 10 },
      slack_get_channel_history: { channel_id: "C024BE91L", limit: 10 },
      slack_get_thread_replies: { channel_id: "C024BE91L", thread_ts: "1.000001" },
      slack_get_users: { limit: 10 },
      slack_post_message: { channel_id: "C024BE91L", text: "done" },
      slack_reply_to_thread: { channel_id: "C024BE91L", thread_ts: "1.000001", text: "done" },
      slack_add_reaction: { channel_id: "C024BE91L", timestamp: "1.000001", reaction: "eyes" },
    },
    forbidden: {
      "*.channel_id": ["D012345", "G012345", "U012345", "#general"],
      "*.text": ["<!channel>", "hello <!here> you", "<!subteam^S1>"],
    },
  },
  stripe: {
    args: {
      create_price: { product: "prod_1", unit_amount: 500, currency: "eur" },
      create_coupon: { name: "a", amount_off: 1, percent_off: 10, currency: "eur", duration: "once" },
      create_payment_link: { price: "price_1", quantity: 1 },
      create_refund: { payment_intent: "pi_1", amount: 1000 },
      update_dispute: { dispute: "dp_1", evidence: { uncategorized_text: "a" }, submit: false },
    },
    forbidden: {
      "create_payment_link.redirect_url": ["https://a.example/"],
      "create_refund.amount": [50001, 5001, 0, -1, 1000000],
      "update_dispute.submit": [true],
      "update_dispute.evidence": [{ uncategorized_text: "a".repeat(65536) }],
    },
  },
};
