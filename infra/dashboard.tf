locals {
  charts = [
    {
      title = "Requests per minute, by event"
      lines = { "{{event}}" = "sum by (event) (rate(${local.events}{${local.service_labels}}[5m])) * 60" }
    },
    {
      title = "Refusals per minute, by code"
      lines = { "{{code}}" = "sum by (code) (rate(${local.events}{${local.service_labels},code!=\"\"}[5m])) * 60" }
    },
    {
      title = "Time to get a token, in ms"
      lines = {
        "median"       = "histogram_quantile(0.5, sum by (le) (rate(${local.latency}{${local.service_labels}}[5m])))"
        "95 %"         = "histogram_quantile(0.95, sum by (le) (rate(${local.latency}{${local.service_labels}}[5m])))"
        "Gemini, 95 %" = "histogram_quantile(0.95, sum by (le) (rate(${local.gemini_latency}{${local.service_labels}}[5m])))"
      }
    },
    {
      title = "Answers per minute, by class"
      lines = { "{{response_code_class}}" = "sum by (response_code_class) (rate(run_googleapis_com:request_count{${local.service_labels}}[5m])) * 60" }
    },
    {
      title = "Instances, of at most ${var.instances.max}"
      lines = { "{{state}}" = "sum by (state) (run_googleapis_com:container_instance_count{${local.service_labels}})" }
    },
    {
      title = "Talks started in the last hour"
      lines = { "talks" = "sum(increase(${local.events}{${local.service_labels},event=\"TOKEN_CREATED\"}[1h]))" }
    },
  ]
}

resource "google_monitoring_dashboard" "main" {
  dashboard_json = jsonencode({
    displayName = "Livepass"
    mosaicLayout = {
      columns = 48
      # The API leaves zeros out of what it answers: with them every plan would be a change.
      tiles = [for i, chart in local.charts : merge({ for axis, at in { xPos = 24 * (i % 2), yPos = 16 * floor(i / 2) } : axis => at if at != 0 }, {
        width  = 24
        height = 16
        widget = {
          title = chart.title
          xyChart = {
            dataSets = [for name, query in chart.lines : {
              plotType        = "LINE"
              legendTemplate  = name
              timeSeriesQuery = { prometheusQuery = query }
            }]
          }
        }
      })]
    }
  })

  depends_on = [google_logging_metric.events, google_logging_metric.latency]
}
