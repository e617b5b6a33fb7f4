{{/* The two files of the embedded server. */}}

{{- define "mds.natsConf" -}}
server_name: {{ include "mds.nats" . }}
listen: 0.0.0.0:4222
# For the kubelet's probes; the Service does not lead here.
http: 0.0.0.0:8222
jetstream {
  store_dir: /data
  max_file_store: {{ include "mds.natsStore" . }}
  max_memory_store: 268435456
  # The queue before a stream; what comes beyond is dropped. The server's own bound is 100000.
  max_buffered_msgs: 250000
  max_buffered_size: 268435456
}
{{- if .Values.nats.auth.enabled }}
include ./auth.conf
{{- end }}
{{- end }}

{{/* Users and what each may do: (list $ passwords). */}}
{{- define "mds.natsAuth" -}}
{{- $ := index . 0 }}
{{- $passwords := index . 1 }}
{{- $prefix := $.Values.subjectPrefix }}
{{- $ticks := list }}
{{- range include "mds.streams" $ | fromJsonArray }}
{{-   $ticks = concat $ticks .tickSubjects }}
{{- end -}}
authorization {
  users = [
    # Creates streams and buckets, writes routes and settings.
    {user: "operator", password: "{{ $passwords.operator }}"}

    # Writes ticks, last values, events and what it knows; cannot change or empty a stream.
    {user: "gateway", password: "{{ $passwords.gateway }}", permissions: {
      publish: {
        allow: [
          {{- range $ticks }}
          "{{ . }}"
          {{- end }}
          {{- range tuple "fence" "probe" "last" "heartbeat" "event" "quarantine" }}
          "{{ $prefix }}.{{ . }}.>"
          {{- end }}
          "$KV.mds-routes.>"
          "$KV.mds-contracts.>"
          "$JS.API.>"
          "$JS.FC.>"
        ]
        deny: [
          {{- range tuple "CREATE" "UPDATE" "DELETE" "PURGE" "MSG.DELETE" "RESTORE" "SNAPSHOT" }}
          "$JS.API.STREAM.{{ . }}.>"
          {{- end }}
        ]
      }
      subscribe: ["{{ $prefix }}.heartbeat.>", "{{ $prefix }}.rpc.>", "_INBOX.>"]
      allow_responses: true
    }}

    # For consumers: reads streams and live ticks, asks gateways, publishes nothing.
    {user: "reader", password: "{{ $passwords.reader }}", permissions: {
      publish: [
        "$JS.API.INFO"
        {{- range tuple "STREAM.INFO" "STREAM.MSG.GET" "DIRECT.GET" "CONSUMER" }}
        "$JS.API.{{ . }}.>"
        {{- end }}
        "$JS.API.STREAM.NAMES"
        "$JS.API.STREAM.LIST"
        "$JS.ACK.>"
        "$JS.FC.>"
        "{{ $prefix }}.rpc.>"
      ]
      subscribe: [
        {{- range $ticks }}
        "live.{{ . }}"
        {{- end }}
        "{{ $prefix }}.heartbeat.>"
        "{{ $prefix }}.event.>"
        "_INBOX.>"
      ]
    }}
  ]
}
{{- end }}

{{/* Changes when the server must read them again, and only then: so not with passwords drawn at random. */}}
{{- define "mds.natsHash" -}}
{{- $auth := "" }}
{{- if .Values.nats.auth.enabled }}
{{-   $auth = include "mds.natsAuth" (list . .Values.nats.auth.passwords) }}
{{- end -}}
{{ print (include "mds.natsConf" .) $auth | sha256sum | trunc 16 }}
{{- end }}
