{{/* The labels of what a Prometheus selects: (list $ "operator"). */}}
{{- define "mds.monitoringLabels" -}}
{{- $ := index . 0 -}}
{{ merge (dict) $.Values.metrics.additionalLabels (include "mds.labels" . | fromYaml) | toYaml }}
{{- end }}

{{/*
The rule groups as a JSON list. Each file of files/rules is one, called as its alert; `@word@` in it stands for the
threshold of that name, or for a value that all have in common.
*/}}
{{- define "mds.ruleGroups" -}}
{{- $alerts := .Values.alerts -}}
{{- $common := merge (pick $alerts "runbookUrl" "dashboardUrl") (dict "namespace" .Release.Namespace) $alerts.slo -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{-   $name := base $path | trimSuffix ".yaml" -}}
{{-   if not (has $name $alerts.exclude) -}}
{{-     $text := $.Files.Get $path -}}
{{-     range $word, $value := merge (dict) (index $alerts.thresholds $name | default dict) $common -}}
{{-       $text = $text | replace (printf "@%s@" $word) (kindIs "string" $value | ternary $value (toJson $value)) -}}
{{-     end -}}
{{-     with regexFind "@\\w+@" $text -}}
{{-       fail (printf "alerts.thresholds.%s.%s has no value; leave it out to have the default" $name (trimAll "@" .)) -}}
{{-     end -}}
{{-     $group := fromYaml $text -}}
{{-     range $group.rules -}}
{{-       if .alert -}}
{{-         $_ := set . "labels" (merge (dict) .labels $alerts.additionalLabels) -}}
{{-       end -}}
{{-     end -}}
{{-     $groups = append $groups $group -}}
{{-   end -}}
{{- end -}}
{{ toRawJson $groups }}
{{- end }}
