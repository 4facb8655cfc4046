/** Allowed arguments of tools, and values of theirs that the ready policies forbid. */

import type { Cases } from "./cases.ts";

export const CLOUDS: Readonly<Record<string, Cases>> = {
  "aws-api": {
    args: {
      call_aws: { cli_command: "aws ec2 describe-instances --max-items 10" },
      suggest_aws_commands: { query: "list instances" },
    },
    forbidden: {
      "call_aws.cli_command": [
        "aws secretsmanager get-secret-value --secret-id a",
        "aws ec2 describe-instances --region eu-west-1",
        "aws ec2 describe-instances --profile x",
        "aws ec2 describe-instances '--reg'ion x",
        "aws ec2 describe-instances --filters file:///etc/passwd",
        "aws ec2 describe-instance-attribute --instance-id i-1 --attribute userData",
        "aws iam delete-user --user-name a",
        "aws ec2 terminate-instances --instance-ids i-1",
        "aws ec2 describe-instances " + "a".repeat(1000),
      ],
    },
  },
  grafana: {
    args: {
      query_prometheus: {
        datasourceUid: "p",
        expr: "up",
        endTime: "2026-01-01T00:00:00Z",
        queryType: "instant",
      },
      query_prometheus_histogram: {
        datasourceUid: "p",
        metric: "a_seconds",
        percentile: 95,
        startTime: "2026-01-01T00:00:00Z",
        endTime: "2026-01-01T01:00:00Z",
      },
      query_loki_logs: {
        datasourceUid: "l",
        logql: '{app="a"}',
        startRfc3339: "2026-01-01T00:00:00Z",
        endRfc3339: "2026-01-01T01:00:00Z",
      },
      query_loki_patterns: {
        datasourceUid: "l",
        logql: '{app="a"}',
        startRfc3339: "2026-01-01T00:00:00Z",
        endRfc3339: "2026-01-01T01:00:00Z",
      },
      query_loki_stats: {
        datasourceUid: "l",
        logql: '{app="a"}',
        startRfc3339: "2026-01-01T00:00:00Z",
        endRfc3339: "2026-01-01T01:00:00Z",
      },
      search_tempo_traces: {
        datasourceUid: "t",
        query: "{}",
        start: "2026-01-01T00:00:00Z",
        end: "2026-01-01T01:00:00Z",
      },
      query_tempo_metrics: {
        datasourceUid: "t",
        query: "{} | rate()",
        start: "2026-01-01T00:00:00Z",
        end: "2026-01-01T01:00:00Z",
      },
      analyze_loki_labels: {
        datasourceUid: "l",
        selector: '{app="a"}',
        startRfc3339: "2026-01-01T00:00:00Z",
        endRfc3339: "2026-01-01T01:00:00Z",
      },
      get_panel_image: { dashboardUid: "d", panelId: 1 },
      add_activity_to_incident: { incidentId: "i", body: "b" },
      update_dashboard: { dashboard: { title: "t" }, overwrite: false, message: "m" },
      alerting_silences_write: {
        operation: "create",
        comment: "c",
        created_by: "a",
        starts_at: "2026-01-01T00:00:00Z",
        ends_at: "2026-01-01T01:00:00Z",
        matchers: [{ name: "a", value: "b" }],
      },
      update_alert_group: { alertGroupId: "g", state: "acknowledged" },
    },
    forbidden: {
      "*.logql": ['{app=~".+"}', "{app=~`.*`}", '{app=~"^(.*)"}'],
      "query_prometheus.stepSeconds": [9, 1, 0, -1],
      "query_prometheus_histogram.stepSeconds": [9, 1, 0, -1],
      "update_dashboard.dashboard": [{ title: "a".repeat(524288) }],
      "alerting_silences_write.operation": ["delete"],
      "alerting_silences_write.matchers": [[]],
      "update_alert_group.state": ["resolved", "silenced"],
    },
  },
  healthomics: {
    args: {
      StartAHORunBatch: {
        workflow_id: "1",
        role_arn: "arn:aws:iam::123456789012:role/a",
        output_uri: "s3://a/b",
        batch_run_settings: { inlineSettings: [{ runSettingId: "a", parameters: {} }] },
      },
      StartAHOReadSetExportJob: {
        sequence_store_id: "1234567890",
        destination_s3_uri: "s3://a/b",
        role_arn: "arn:aws:iam::123456789012:role/a",
        read_set_ids: ["1"],
      },
      CancelAHORunBatch: { batch_id: "1" },
      GetAHOBatch: { batch_id: "1" },
      ListAHOBatches: {},
      ListAHORunsInBatch: { batch_id: "1" },
      GetAHOReadSetExportJob: { sequence_store_id: "1234567890", export_job_id: "1" },
      ListAHOReadSetExportJobs: { sequence_store_id: "1234567890" },
    },
    forbidden: {
      "*.aws_profile": ["other"],
      "*.aws_region": ["eu-west-1"],
      "StartAHORunBatch.batch_run_settings": [
        { inlineSettings: Array.from({ length: 21 }, (_, i) => ({ runSettingId: `a${i}`, parameters: {} })) },
        { s3UriSettings: "s3://a/b" },
        { inlineSettings: [{ runSettingId: "a", parameters: {} }], s3UriSettings: "s3://a/b" },
      ],
      "StartAHOReadSetExportJob.read_set_ids": [Array.from({ length: 51 }, (_, i) => String(i))],
    },
  },
  kubernetes: {
    args: {
      pods_log: { name: "a", namespace: "shop", tail: 100 },
      resources_get: { apiVersion: "apps/v1", kind: "Deployment", name: "a", namespace: "shop" },
      resources_list: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop" },
      pods_delete: { name: "a", namespace: "shop" },
      resources_scale: { apiVersion: "apps/v1", kind: "Deployment", name: "a", namespace: "shop", scale: 3 },
      resources_create_or_update: {
        resource: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop\n",
      },
    },
    forbidden: {
      "resources_get.kind": ["Secret", "ServiceAccountToken"],
      "resources_list.kind": ["Secret"],
      "*.namespace": ["kube-system", "istio-system", ""],
      "pods_log.tail": [1001, 2000],
      "resources_create_or_update.resource": [
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace: shop\n",
        '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"a","namespace":"shop"}}',
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\nspec:\n  hostNetwork: true\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: kube-system\n",
        'apiVersion: v1\nkind: "\\x53ecret"\nmetadata:\n  name: a\n  namespace: shop\n',
      ],
    },
  },
};
