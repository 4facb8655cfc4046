{{/* The name of everything: the release's, with the chart's in it, since alerts find scrape jobs by it. */}}
{{- define "tollgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 53 | trimSuffix "-" -}}
{{- else if contains "tollgate" .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-tollgate" .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tollgate.selectorLabels" -}}
app.kubernetes.io/name: tollgate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tollgate.labels" -}}
{{ include "tollgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* By digest where one is given: what was checked is what runs. */}}
{{- define "tollgate.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}

{{- define "tollgate.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "tollgate.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* The Secret with the admin token: the given one must be there, the one of the chart's own name may be. */}}
{{- define "tollgate.adminSecret" -}}
{{ .Values.adminTokenSecret | default (printf "%s-admin" (include "tollgate.fullname" .)) }}
{{- end -}}

{{- define "tollgate.policyConfigMap" -}}
{{ .Values.existingPolicyConfigMap | default (printf "%s-policy" (include "tollgate.fullname" .)) }}
{{- end -}}

{{/* The settings file: what is given, over what the chart knows. */}}
{{- define "tollgate.settings" -}}
{{- $own := dict -}}
{{- if eq .Values.server.transport "http" -}}
{{- $own = dict "bounds" (dict "lame-duck-ms" 0) -}}
{{- end -}}
{{- if .Values.sessionKeySecret -}}
{{- $_ := set $own "identity" (dict "session-key-file" "/etc/tollgate/session-keys/keys") -}}
{{- end -}}
{{ toYaml (mergeOverwrite $own (deepCopy .Values.settings)) }}
{{- end -}}

{{/* By which names agents may call: the Service's, and those that are given. */}}
{{- define "tollgate.hosts" -}}
{{- $name := include "tollgate.fullname" . -}}
{{- $own := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) -}}
{{ join "," (concat $own .Values.allowedHosts) }}
{{- end -}}

{{- define "tollgate.containerSecurity" -}}
runAsNonRoot: true
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* http, or https where `settings.admin.tls` gives the admin listener a certificate. */}}
{{- define "tollgate.adminScheme" -}}
{{- $admin := .Values.settings.admin | default dict -}}
{{- if and (kindIs "map" $admin) $admin.tls }}https{{ else }}http{{ end -}}
{{- end -}}

{{/* Variables, ports and probes of the container that Tollgate runs in; `startup` is what has to answer before the next container starts. */}}
{{- define "tollgate.container" -}}
{{- $root := .root -}}
env:
  {{- if eq $root.Values.server.transport "http" }}
  - { name: TOLLGATE_UPSTREAM, value: {{ printf "http://127.0.0.1:%d%s" (int $root.Values.server.port) $root.Values.server.path | quote }} }
  {{- end }}
  - { name: TOLLGATE_LISTEN, value: "{{ $root.Values.address }}:8080" }
  - { name: TOLLGATE_ADMIN, value: "{{ if eq (include "tollgate.adminScheme" $root) "https" }}https://{{ end }}{{ $root.Values.address }}:9464" }
  {{- with $root.Values.adminOpen }}
  - { name: TOLLGATE_ADMIN_OPEN, value: {{ join "," . | quote }} }
  {{- end }}
  - { name: TOLLGATE_PATH, value: {{ $root.Values.server.path | quote }} }
  - { name: TOLLGATE_POLICY, value: /etc/tollgate/policy/policy.json }
  - { name: TOLLGATE_CONFIG, value: /etc/tollgate/settings/tollgate.yaml }
  - { name: TOLLGATE_MODE, value: {{ $root.Values.mode }} }
  - { name: TOLLGATE_SERVER, value: {{ $root.Values.serverName | default $root.Release.Name | quote }} }
  - { name: TOLLGATE_ALLOWED_HOST, value: {{ include "tollgate.hosts" $root | quote }} }
  {{- with $root.Values.audit }}
  - { name: TOLLGATE_AUDIT, value: {{ . | quote }} }
  {{- end }}
  {{- with $root.Values.limitsSecret }}
  - name: TOLLGATE_LIMITS
    valueFrom: { secretKeyRef: { name: {{ . }}, key: url } }
  {{- end }}
  {{- if $root.Values.carrySessions }}
  - name: POD_IP
    valueFrom: { fieldRef: { fieldPath: status.podIP } }
  - { name: TOLLGATE_REPLICA_ADDRESS, value: "$(POD_IP):8080" }
  {{- end }}
  - name: TOLLGATE_ADMIN_TOKEN
    valueFrom: { secretKeyRef: { name: {{ include "tollgate.adminSecret" $root }}, key: token{{ if not $root.Values.adminTokenSecret }}, optional: true{{ end }} } }
  {{- if and $root.Values.requireIsolation (eq $root.Values.server.transport "http") }}
  - { name: TOLLGATE_REQUIRE_ISOLATION, value: "true" }
  {{- end }}
  {{- with $root.Values.adminReadTokenSecret }}
  - name: TOLLGATE_ADMIN_READ_TOKEN
    valueFrom: { secretKeyRef: { name: {{ . }}, key: token } }
  {{- end }}
  {{- with $root.Values.env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with .env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with concat $root.Values.envFrom (default list .envFrom) }}
envFrom: {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - { name: tollgate-mcp, containerPort: 8080 }
  - { name: tollgate-admin, containerPort: 9464 }
startupProbe:
  httpGet: { path: {{ .startup }}, port: 9464, scheme: {{ include "tollgate.adminScheme" $root | upper }} }
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /readyz, port: 9464, scheme: {{ include "tollgate.adminScheme" $root | upper }} }
  periodSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /healthz, port: 9464, scheme: {{ include "tollgate.adminScheme" $root | upper }} }
  periodSeconds: 10
  timeoutSeconds: 5
{{- end -}}

{{- define "tollgate.mounts" -}}
- { name: tollgate-policy, mountPath: /etc/tollgate/policy, readOnly: true }
- { name: tollgate-settings, mountPath: /etc/tollgate/settings, readOnly: true }
{{- if .Values.sessionKeySecret }}
- { name: tollgate-session-keys, mountPath: /etc/tollgate/session-keys, readOnly: true }
{{- end }}
{{- if .Values.serviceAccount.automountToken }}
- { name: tollgate-token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- end }}
{{- with .Values.volumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What a Prometheus without the operator looks for; the name of its job has to contain `tollgate`. */}}
{{- define "tollgate.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/port: "9464"
prometheus.io/path: /metrics
prometheus.io/scheme: {{ include "tollgate.adminScheme" . }}
{{- end -}}
