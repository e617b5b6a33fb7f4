{{- define "mds.operator" -}}{{ .Release.Name }}-operator{{- end }}
{{- define "mds.nats" -}}{{ .Release.Name }}-nats{{- end }}

{{/* Where resources are served, as a JSON list: `include … | fromJsonArray`. */}}
{{- define "mds.namespaces" -}}
{{ .Values.watchNamespaces | default (list .Release.Namespace) | toJson }}
{{- end }}

{{/*
The streams as a JSON list, whole: an entry of the values may name a part, as `--set streams[0].maxBytes=…`
makes the list anew.
*/}}
{{- define "mds.streams" -}}
{{- $default := dict "name" "MD" "tickSubjects" (list "md.>") "maxAgeS" 86400 "maxBytes" 10737418240 "replicas" 1 "storage" "file" -}}
{{- $streams := list -}}
{{- range .Values.streams -}}
{{- $streams = append $streams (merge (dict) . $default) -}}
{{- end -}}
{{ toRawJson $streams }}
{{- end }}

{{/* The labels of an object: (list $ "operator"). */}}
{{- define "mds.labels" -}}
{{- $ := index . 0 -}}
{{ include "mds.selector" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: mds
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version | replace "+" "_" }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What never changes of them, as selectors of a Deployment cannot. */}}
{{- define "mds.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: mds-{{ index . 1 }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The labels of a pod: nothing that an upgrade changes, or it would restart NATS for nothing. */}}
{{- define "mds.podLabels" -}}
{{- $ := index . 0 -}}
{{ include "mds.selector" . }}
app.kubernetes.io/part-of: mds
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The reference of an image: (list $ .Values.operator.image). */}}
{{- define "mds.image" -}}
{{- $ := index . 0 -}}
{{- $image := index . 1 -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What one may say of where and how a pod of the chart runs: (list $ .Values.operator). */}}
{{- define "mds.placement" -}}
{{- $ := index . 0 -}}
{{- $part := index . 1 -}}
{{- with $.Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with $part.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with $part.affinity }}
affinity: {{ toJson . }}
{{- end }}
{{- end }}

{{/* Pod Security Standard "restricted", and a root file system that cannot be written. */}}
{{- define "mds.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}
{{- define "mds.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* --- where NATS is and how to get in, embedded or not --- */}}

{{- define "mds.natsUrl" -}}
{{- if .Values.nats.enabled -}}
nats://{{ include "mds.nats" . }}.{{ .Release.Namespace }}:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end -}}
{{- end }}

{{/* Name of the Secret; empty: no login. */}}
{{- define "mds.gatewayCredentials" -}}
{{- if not .Values.nats.enabled -}}
{{ .Values.nats.credentialsSecret }}
{{- else if .Values.nats.auth.enabled -}}
{{ include "mds.nats" . }}-gateway
{{- end -}}
{{- end }}

{{- define "mds.operatorCredentials" -}}
{{- if not .Values.nats.enabled -}}
{{ .Values.nats.operatorCredentialsSecret | default .Values.nats.credentialsSecret }}
{{- else if .Values.nats.auth.enabled -}}
{{ include "mds.nats" . }}-operator
{{- end -}}
{{- end }}

{{/* Bytes of 512Mi, 16Gi, 1Ti. */}}
{{- define "mds.bytes" -}}
{{- if not (regexMatch "^[1-9][0-9]{0,5}(Mi|Gi|Ti)$" .) -}}
{{- fail (printf "nats.storage.size is %q; it must be a whole number of Mi, Gi or Ti, such as 16Gi" .) -}}
{{- end -}}
{{- $unit := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{ mul (regexFind "^[0-9]+" . | int64) (index $unit (regexFind "[A-Z]i$" .) | int64) }}
{{- end }}

{{/* What JetStream may use of the volume: the rest is the file system's, and room to breathe. */}}
{{- define "mds.natsStore" -}}
{{ div (mul (include "mds.bytes" .Values.nats.storage.size | int64) 9) 10 }}
{{- end }}
