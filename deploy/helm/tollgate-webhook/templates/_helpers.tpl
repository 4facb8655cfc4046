{{- define "webhook.fullname" -}}
{{- if contains "tollgate-webhook" .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-tollgate-webhook" .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "webhook.selectorLabels" -}}
app.kubernetes.io/name: tollgate-webhook
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "webhook.labels" -}}
{{ include "webhook.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* By digest where one is given: what was checked is what runs. */}}
{{- define "webhook.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}

{{/* The objects of the cluster, which have no namespace, are named by the release's. */}}
{{- define "webhook.clusterName" -}}
{{ printf "%s-%s" .Release.Namespace (include "webhook.fullname" .) }}
{{- end -}}

{{- define "webhook.args" -}}
- webhook
- --image={{ .Values.sidecar.image | default (include "webhook.image" .) }}
- --mode={{ .Values.sidecar.mode }}
- --admin-token-secret={{ .Values.sidecar.adminTokenSecret }}
{{- with .Values.sidecar.policyConfigMap }}
- --policy-configmap={{ . }}
{{- end }}
{{- with .Values.sidecar.settingsConfigMap }}
- --settings-configmap={{ . }}
{{- end }}
{{- if .Values.openshift }}
- --any-user
{{- end }}
{{- with .Values.sidecar.fixed }}
- --fixed={{ join "," . }}
{{- end }}
{{- if .Values.certManager.enabled }}
- --tls-cert=/etc/tollgate/tls/tls.crt
- --tls-key=/etc/tollgate/tls/tls.key
{{- else }}
- --service={{ include "webhook.fullname" . }}
- --secret={{ include "webhook.fullname" . }}-tls
- --configuration={{ include "webhook.clusterName" . }}
- --certificate-days={{ .Values.certificateDays }}
{{- end }}
{{- with .Values.sidecar.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* One entry of the MutatingWebhookConfiguration: its name, and the labels by which it selects. */}}
{{- define "webhook.entry" -}}
{{- $root := .root -}}
- name: {{ .name }}
  admissionReviewVersions: [v1]
  # It changes nothing but the pod in its answer, so dry runs are safe.
  sideEffects: None
  failurePolicy: {{ $root.Values.failurePolicy }}
  timeoutSeconds: {{ $root.Values.timeoutSeconds }}
  matchPolicy: Equivalent
  reinvocationPolicy: Never
  rules:
    - { apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: Namespaced }
  clientConfig:
    service: { name: {{ include "webhook.fullname" $root }}, namespace: {{ $root.Release.Namespace }}, path: /mutate, port: 443 }
  namespaceSelector:
    {{- with $root.Values.namespaceSelector.matchLabels }}
    matchLabels: {{- toYaml . | nindent 6 }}
    {{- end }}
    matchExpressions:
      - { key: kubernetes.io/metadata.name, operator: NotIn, values: {{ toJson (append $root.Values.excludedNamespaces $root.Release.Namespace | uniq) }} }
      - {{ toJson .namespaces }}
      {{- with $root.Values.namespaceSelector.matchExpressions }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  objectSelector:
    {{- with $root.Values.objectSelector.matchLabels }}
    matchLabels: {{- toYaml . | nindent 6 }}
    {{- end }}
    matchExpressions:
      - {{ toJson .objects }}
      # Pods that serve no MCP.
      - { key: tollgate.dev/guarded, operator: NotIn, values: ["false"] }
      {{- with $root.Values.objectSelector.matchExpressions }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
{{- end -}}
