/** The classifier rule by rule: errors on tools of real servers, and the rule that each of them led to. */

import { describe, expect, it } from "vitest";
import { classifyTool } from "../../../src/policy/category/classify.ts";
import { rowsBy, words } from "../../fixtures/tables.ts";

describe("by its name alone, a tool", () => {
  it.each(
    rowsBy({
      read: words(`log_search label_list get_droplet_snapshot snapshot_list plan_details cache_stats index_mapping
        IndexMappingTool SearchIndexTool listfiles getweather filelist fileread user_files basic_blocks regs
        discourse_filter_topics open_orders stock_quote_history account_details crypto_prices
        entity_extraction deploy_app_help rpc_block_miner_info fetches_users json_arrlen_exists tools_list
        obtener_usuario listar_pedidos lister_fichiers benutzer_suchen 获取用户 查询订单 ファイル一覧取得 air_quality
        classes categories get_position search_log check_build index_user_status`),
      write:
        words(`archive_list snapshot-droplet manage_users manage_aws_glue_jobs user_management creates_user
        updates_row updates_and_searches createuser republish_entry resend_otp unpublish_entry unassign_role unrename_file
        batch_update json_arrappend forward_email log_event select_site switch_library crear_usuario criar_pedido
        creer_fichier benutzer_anlegen datei_aendern 创建用户 ユーザー作成 update_order update_payment update_refund
        payment_link_notify send_payment_link send_invoice_reminder rename_order create_topic_subscription
        create_subscription_webhook protect_document close_position`),
      execute:
        words(`cancel_running_query cancel_query run_query run_search force_recompile vm_send_key send_keys
        make_call place_outbound_call forward sql_query query_promql go_back browser_go_forward drag_and_drop
        fine_tune_model relaunch_app ejecutar_tarea lancer_tache server_starten 执行任务 ジョブ実行 switch_tab
        diagnose_run code_interpreter power_off_vm export_invoice`),
      destructive:
        words(`deletes_file deletefile userdelete batch_delete undefine eliminar_usuario excluir_pedido
        supprimer_fichier benutzer_löschen benutzer_loeschen 删除用户 ユーザー削除 获取并删除 clean_workspace json_lpop`),
      financial: words(`create_order place_order cancel_order create_payout create_instant_settlement
        initiate_payment create_subscription cancel_subscription update_subscription modify_order send_invoice
        capture_payment prepay_loan recharge_card pagar_factura acheter_billet 支付订单 返金する make_payment
        create_transfer bill_customer debit_account`),
      unknown:
        words(`track_expense text_user name_x longRunningOperation open_pull_requests addon setpoint listener watch_card
        ask_question return_item display_chart frob_users x_monitors`),
    }),
  )("%s is %s", (name, category) => {
    expect(classifyTool({ name }).category).toBe(category);
  });
});

describe("by its description, a tool of unknown name", () => {
  it.each<[string, string]>([
    ["删除指定的用户", "destructive"],
    ["获取已删除的文件", "read"],
    ["ユーザーを取得して削除します。", "destructive"],
    ["ユーザーを作成します。既存のものを削除", "write"],
    ["Elimina un usuario", "destructive"],
    ["Crée un fichier", "write"],
    ["Löscht einen Benutzer", "destructive"],
    ["Envía un correo", "write"],
    ["Cobra uma fatura", "financial"],
    ["Run multiple search queries simultaneously", "read"],
    ["Performs a lookup", "read"],
    ["Run a SQL search", "execute"],
    ["Run many more than three searches", "execute"],
    ["Republish the entry", "write"],
    ["Shut down the machine", "execute"],
    ["Apply the change", "write"],
    ["Adds numbers", "read"],
    ["Add up these integers", "read"],
    ["Adds numbered items", "write"],
    ["Tool for creating users", "write"],
    ["Tool for relaunching it", "execute"],
    ["Tool for stopping it", "execute"],
    ["Use for building", "unknown"],
    ["Perform comprehensive research on a topic", "read"],
    ["Performs a side-by-side comparison", "read"],
    ["Performs a migration", "unknown"],
    ["Map a website to discover its pages", "read"],
    ["Map any site", "read"],
    ["Map a field to a column", "write"],
    ["Take a full page screenshot", "read"],
    ["Take a text snapshot of the target page", "read"],
    ["Take a snapshot of the volume", "unknown"],
    ["The set of permissions of an item", "unknown"],
    ["Set the permissions of an item", "write"],
  ])("%j is %s", (description, category) => {
    expect(classifyTool({ name: "frobnicate", description }).category).toBe(category);
  });

  it.each<[string, string, string]>([
    ["add", "Adds two numbers", "read"],
    ["add", "Calculates", "read"],
    ["add", "Shows it", "write"],
    ["set", "Calculates", "write"],
    ["update_subscription", "Update the notes of a subscription", "write"],
    ["update_subscription", "Update the price. Keeps its notes", "financial"],
    ["patch_trade", "Patch a trade", "financial"],
    ["edit_order", "Edit an order", "write"],
    ["replace_order", "Replace an order", "financial"],
    ["create_subscription", "Subscribes a listener to change notifications", "write"],
    ["create_subscription", "Subscribe a customer to a plan. Sends events", "financial"],
    ["create_payment", "Create a payment for an event", "financial"],
    ["list_item_permissions", "The set of permissions of an item", "read"],
    ["get_replay_details", "Get a replay by its URL or replay ID", "read"],
  ])("with a name that it explains, %s: %j is %s", (name, description, category) => {
    expect(classifyTool({ name, description }).category).toBe(category);
  });

  it.each<[string, string, string]>([
    ["scan_hosts", "Scan hosts without changing them", "read"],
    ["scan_hosts", "Scan hosts. It never modifies files", "execute"],
    ["scan_hosts", "Scan hosts\nRead-only", "execute"],
    ["scan_hosts", "It never modifies files outside the workspace", "execute"],
    ["scan_hosts", "Never modifies anything except the cache", "execute"],
    ["deploy_app", "Deploy, read-only", "execute"],
    ["start_vm", "Start a VM without changing it", "execute"],
    ["run_task", "This is read-only", "execute"],
    ["execute_plan", "Read-only", "execute"],
    ["create_copy", "Create a copy; does not modify the original", "write"],
  ])("with a claim to read only, %s: %j is %s", (name, description, category) => {
    expect(classifyTool({ name, description }).category).toBe(category);
  });
});

describe("the reason for a label", () => {
  it.each<[string, string | undefined, object | undefined, string]>([
    ["cancel_x", undefined, undefined, "`cancel` is an execute verb"],
    ["delete_x", undefined, undefined, "`delete` is a destructive verb"],
    ["list_x", "Lists x", undefined, "`list` is a read verb"],
    [
      "update_x",
      "Shows x",
      undefined,
      "`update` is a write verb; the description begins with `show`, a read verb",
    ],
    ["create_order", undefined, undefined, "`create` is a write verb, financial with these words"],
    ["pay_x", undefined, undefined, "`pay` is a financial verb"],
    ["frob", undefined, undefined, "neither name nor description has a known verb"],
    ["frob", "Deletes x", undefined, "the description begins with `delete`, a destructive verb"],
    ["get_x", "Creates x", undefined, "the description begins with `create`, a write verb"],
    ["x_manager", undefined, undefined, "`manager` is a noun of administration"],
    ["x_status", undefined, undefined, "`status` is a noun of reading"],
    ["users", undefined, undefined, "the name has only nouns, and no verb"],
    ["scan_x", "Scan, read-only", undefined, "the first sentence says that it only reads"],
    ["update_x", "Irreversible", undefined, "the description says that it cannot be undone"],
    ["get_x", "Get x and delete y", undefined, "the description continues with `delete`, a destructive verb"],
    [
      "list_x",
      undefined,
      { readOnlyHint: true },
      "`list` is a read verb; the server says that it only reads",
    ],
    ["scan_x", undefined, { readOnlyHint: true }, "the server says that it only reads"],
    [
      "run_x",
      undefined,
      { readOnlyHint: true },
      "`run` is an execute verb, which overrules the server's readOnlyHint",
    ],
    ["list_x", undefined, { readOnlyHint: false }, "the server says that it is not read-only"],
    [
      "list_x",
      "Lists x",
      { readOnlyHint: false },
      "`list` is a read verb, which overrules the server's readOnlyHint",
    ],
    ["x_agent", undefined, undefined, "`agent` is a program that acts"],
    [
      "delete_x",
      undefined,
      { destructiveHint: true },
      "`delete` is a destructive verb; the server says that it may destroy",
    ],
    ["list_x", undefined, { destructiveHint: true }, "the server says that it may destroy"],
    [
      "scan_x",
      "Shows x",
      undefined,
      "the description begins with `show`, a read verb; `scan` has several meanings",
    ],
    ["send_x", "Type x", undefined, "the description begins with `type`, an execute verb"],
  ])("of %s, %j, %j is: %s", (name, description, annotations, reason) => {
    expect(classifyTool({ name, description, annotations }).reason).toBe(reason);
  });

  it("names an argument that holds a program", () => {
    const tool = { name: "get_x", argumentNames: ["sql"] };
    expect(classifyTool(tool).reason).toBe("an argument holds a query, command or program");
  });
});
